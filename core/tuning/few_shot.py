"""Two decisions: whether training rows go into the prompt as examples, and whether similar ones are chosen
for each text.

The canonical rows are tried, and all training rows where there are only a few: a handful of rows shown says
more than rules drawn from it. Examples make every call longer, so they must earn it on the held-out rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.data.splits import HELD_OUT
from core.metrics.comparison import compare, in_words
from core.prompts.folding import fold
from core.studies.neighbour_trial import pool_of, with_neighbours
from core.tuning.acceptance import damage
from core.tuning.search import Search
from core.types import Decision, Example, FewShot, Prompt, Shot, Step, Verdict

A_HANDFUL = 30  # training rows that are few enough to show them all
LONGEST = 500  # characters of a row that is short enough to be an example


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
    damaged = damage(read, before)
    better = len(comparison.fixed) > len(comparison.broke)
    decision = Decision.UNDECIDED if damaged else Decision.ACCEPTED if better else Decision.REJECTED
    if decision is Decision.ACCEPTED:
        search.go_on_with(candidate, number, {each.example_id: each for each in read.predictions}, exact=True)
    verdict = Verdict(decision, damaged or f"With {what}: {in_words(comparison)}", comparison)
    return search.step(number, candidate, None, read, None, verdict)


def worth_showing(train: Sequence[Example]) -> list[Example]:
    """The training rows to show: all of a handful, else the canonical ones."""
    short = [row for row in train if len(row.text) <= LONGEST]
    return short if len(train) <= A_HANDFUL else [row for row in short if row.canonical][:A_HANDFUL]
