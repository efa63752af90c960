"""Two decisions: whether training rows go into the prompt as examples, and whether similar ones are chosen
for each text.

The canonical rows are tried, and all training rows where there are only a few: a handful of rows shown says
more than rules drawn from it. Examples make every call longer, so they must earn it on the held-out rows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.data.splits import HELD_OUT
from core.metrics.comparison import compare
from core.prompts.folding import fold
from core.similarity.duplicates import group_near_duplicates
from core.tuning.acceptance import damage, judge_examples
from core.tuning.search import Search
from core.types import Decision, Example, FewShot, Prompt, Shot, Step

A_HANDFUL = 30  # training rows that are few enough to show them all
LONGEST_EXAMPLE = 500  # characters of a row that is short enough to be shown with every text
LONGEST_NEIGHBOUR = 2_000  # characters of a row that may be shown with texts like it
MOST_POOLED = 1_000  # rows to choose neighbours from: they become part of the prompt file


def exemplify(search: Search, number: int) -> Step | None:
    """Tries the standing prompt with examples; None where there are none to show, or it has some, or no calls
    are left for it."""
    prompt = search.standing.prompt
    held_out = {fold(row.text) for name in HELD_OUT for row in search.parts[name]}
    chosen = [
        row for row in worth_showing(search.trusted(search.parts["train"])) if fold(row.text) not in held_out
    ]
    if not chosen or prompt.few_shot.strategy != "none" or search.settings.strategy != "edit":
        return None
    if not search.session.account.affords(
        "lightweight", 2 * len(search.plan.validation) + search.plan.kept_back
    ):
        return None
    search.make_exact()
    shots = tuple(Shot(row.text, row.label) for row in chosen)
    return _judged(
        search,
        number,
        replace(prompt, few_shot=FewShot("fixed", len(shots), shots)),
        f"{len(shots)} examples",
    )


def try_similar(search: Search, number: int) -> Iterator[Step]:
    """Tries the standing prompt with as many neighbours as the settings name, fewest first, as long as more
    of them help: each number must beat the prompt that stands by then, none and fixed examples included, on
    the same validation rows. What can be shown is a near duplicate of no held-out row and not in doubt, and
    becomes part of the prompt. Ends where the last reading needs the calls."""
    counts = sorted({count for count in search.settings.neighbours if count > 0})
    held_out = [row for name in HELD_OUT for row in search.parts[name]]
    pool = pool_of(search.trusted(search.parts["train"]), held_out, search.settings.seed) if counts else ()
    for place, count in enumerate(counts if pool else ()):
        if not search.session.account.affords(
            "lightweight", 2 * len(search.plan.validation) + search.plan.kept_back
        ):
            return
        if place == 0:
            search.make_exact()
        step = _judged(
            search,
            number + place,
            with_neighbours(search.standing.prompt, count, pool),
            f"{count} neighbours",
        )
        yield step
        if step.verdict.decision is not Decision.ACCEPTED:
            return


def _judged(search: Search, number: int, candidate: Prompt, what: str) -> Step:
    """The candidate on all validation rows of the plan; the run goes on with it where it fixes more than it
    breaks."""
    before = search.standing.validation
    read = search.read(candidate, search.plan.validation, "Measuring the prompt with " + what)
    comparison = compare(search.plan.validation, before.predictions, read.predictions)
    verdict = judge_examples(comparison, what, damage(read, before))
    if verdict.decision is Decision.ACCEPTED:
        search.go_on_with(candidate, number, {each.example_id: each for each in read.predictions}, exact=True)
    return search.step(number, candidate, None, read, None, verdict)


def worth_showing(train: Sequence[Example]) -> list[Example]:
    """The training rows to show: all of a handful, else the canonical ones."""
    short = [row for row in train if len(row.text) <= LONGEST_EXAMPLE]
    return short if len(train) <= A_HANDFUL else [row for row in short if row.canonical][:A_HANDFUL]


def pool_of(train: Sequence[Example], held_out: Sequence[Example], seed: int) -> tuple[Shot, ...]:
    """Training rows to choose neighbours from: none that is a near duplicate of a held-out row, so that no
    answer is given away; of many, MOST_POOLED by chance."""
    rows = [
        row for row in train if not row.excluded and row.text.strip() and len(row.text) <= LONGEST_NEIGHBOUR
    ]
    groups = group_near_duplicates([*(row.text for row in rows), *(row.text for row in held_out)])
    taken = set(groups[len(rows) :])
    free = [row for row, group in zip(rows, groups, strict=False) if group not in taken]
    if len(free) > MOST_POOLED:
        chosen = set(random.Random(f"neighbours/{seed}").sample(range(len(free)), MOST_POOLED))
        free = [row for index, row in enumerate(free) if index in chosen]
    return tuple(Shot(row.text, row.label) for row in free)


def with_neighbours(prompt: Prompt, count: int, pool: tuple[Shot, ...]) -> Prompt:
    """The prompt with neighbours instead of whatever examples it has."""
    return replace(prompt, few_shot=FewShot("similar", count, pool))
