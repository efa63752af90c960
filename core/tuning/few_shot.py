"""Examples in the prompt: a few training rows shown with every text, or those most like it.

The canonical rows are tried, and all training rows where there are only a few: a handful of rows shown says
more than rules drawn from it. Examples make every call longer, so they must earn it on the held-out rows.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.errors import UsageError
from core.metrics.comparison import compare
from core.prompts.render import asks_for_tag
from core.similarity.duplicates import comparables, group_near_duplicates
from core.similarity.shortlist import with_few_shot
from core.tuning.acceptance import damage, fallen_below, judge_examples, keeps_canonical
from core.tuning.incumbents import Incumbent
from core.tuning.search import Candidate, Search, TrialOutcome
from core.types import Decision, Example, FewShot, Prompt, Shot, Step

A_HANDFUL = 30  # training rows that are few enough to show them all
LONGEST_EXAMPLE = 500  # characters of a row that is short enough to be shown with every text
LONGEST_NEIGHBOUR = 2_000  # characters of a row that may be shown with texts like it
MOST_POOLED = 1_000  # rows to choose neighbours from: they become part of the prompt file
VOTERS_PER_LABEL, MOST_VOTERS = 20, 5_000  # rows of a label, and in all, that choose a shortlist of labels


def try_fixed(search: Search, number: int) -> Step | None:
    """Tries the current prompt with examples; None where there are none to show, or it has some, or no calls
    are left for it."""
    train, held_out = search.knowledge.train_and_held_out()
    texts, worth = set(comparables(row.text for row in held_out)), worth_showing(train)
    same = zip(worth, comparables(row.text for row in worth), strict=True)
    chosen = [row for row, text in same if text not in texts]
    if not chosen or search.prompt.few_shot.strategy != "none" or not _takes_examples(search):
        return None
    if search.setup.settings.strategy != "edit" or not _affordable(search):
        return None
    shots = tuple(Shot(row.text, row.label) for row in chosen)
    candidate = replace(search.prompt, few_shot=FewShot("fixed", len(shots), shots))
    return _attempt(search, number, candidate, f"{len(shots)} examples")


def try_similar(search: Search, number: int) -> Iterator[Step]:
    """Tries the current prompt with as many neighbours as the settings name, fewest first, as long as more
    of them help: each number must beat the prompt that is current by then, none and fixed examples included,
    on the same validation rows. What can be shown is a near duplicate of no held-out row and not in doubt, and
    becomes part of the prompt. Ends where the last evaluations need the calls."""
    settings = search.setup.settings
    counts = sorted({count for count in settings.neighbours if count > 0 and _takes_examples(search)})
    pool = pool_of(*search.knowledge.train_and_held_out(), settings.seed) if counts else ()
    for step_number, count in enumerate(counts if pool else (), number):
        if not _affordable(search):
            return
        candidate = with_neighbours(search.prompt, count, pool)
        step = _attempt(search, step_number, candidate, f"{count} neighbours")
        yield step
        if step.verdict.decision is not Decision.ACCEPTED:
            return


def _takes_examples(search: Search) -> bool:
    """Examples answer in the tag: a prompt of free answers that does not ask for it would be contradicted by them."""
    return search.setup.session.scorer is None or asks_for_tag(search.prompt)


def _affordable(search: Search) -> bool:
    """Whether all validation rows may be classified twice: with the current prompt and with the candidate."""
    return search.setup.affords(2 * len(search.setup.plan.validation))


def _attempt(search: Search, number: int, candidate: Prompt, what: str) -> Step:
    """The candidate on all validation rows of the plan; the run goes on with it where that helps."""
    rows, before = search.setup.plan.validation, search.confirm_current()
    after = search.setup.evaluate(candidate, rows, "Measuring the prompt with " + what)
    objective = search.setup.objective
    comparison = compare(rows, before.predictions, after.predictions, objective)
    damaged = damage(after, before)
    verdict = judge_examples(comparison, what, damaged, fallen_below(objective, before, after))
    learned = {each.example_id: each for each in after.predictions}
    if verdict.decision is Decision.ACCEPTED:  # the canonical rows of the training part, too
        held_out = {row.id for row in rows}
        canonical = [row for row in search.knowledge.canonical_right() if row.id not in held_out]
        read = search.setup.evaluate(candidate, canonical, "Measuring the canonical rows with " + what)
        learned |= {each.example_id: each for each in read.predictions}
        verdict = keeps_canonical(verdict, search.canonical_broken(learned))
    if verdict.decision is Decision.ACCEPTED:
        search.advance(Incumbent(candidate, number, after), learned.values())
    return search.step(number, TrialOutcome(verdict, Candidate(candidate, after)))


def worth_showing(train: Sequence[Example]) -> list[Example]:
    """The training rows to show: all of a handful, else the canonical ones."""
    short = [row for row in train if len(row.text) <= LONGEST_EXAMPLE]
    return short if len(train) <= A_HANDFUL else [row for row in short if row.canonical][:A_HANDFUL]


def pool_of(
    train: Sequence[Example], held_out: Sequence[Example], seed: int, most: int = MOST_POOLED
) -> tuple[Shot, ...]:
    """Training rows to choose neighbours from: none that is a near duplicate of a held-out row, so that no
    answer is given away; of many, `most` by chance."""
    rows = [
        row for row in train if not row.excluded and row.text.strip() and len(row.text) <= LONGEST_NEIGHBOUR
    ]
    groups = group_near_duplicates([*(row.text for row in rows), *(row.text for row in held_out)])
    taken = set(groups[len(rows) :])
    free = [row for row, group in zip(rows, groups, strict=False) if group not in taken]
    if len(free) > most:
        chosen = set(random.Random(f"neighbours/{seed}").sample(range(len(free)), most))
        free = [row for index, row in enumerate(free) if index in chosen]
    return tuple(Shot(row.text, row.label) for row in free)


def with_neighbours(prompt: Prompt, count: int, pool: tuple[Shot, ...]) -> Prompt:
    """The prompt with neighbours instead of whatever examples it has."""
    return with_few_shot(prompt, FewShot("similar", count, pool))


def with_shortlist(
    prompt: Prompt, size: int, train: Sequence[Example], held_out: Sequence[Example], seed: int
) -> Prompt:
    """The prompt with a shortlist of `size` labels that these training rows choose, VOTERS_PER_LABEL of each label at
    most, instead of what it brought along, which may be held out here. UsageError for a prompt with fixed examples."""
    if prompt.few_shot.strategy == "fixed":
        raise UsageError(
            "A shortlist of labels needs similar examples, and the starting prompt shows fixed ones: "
            "start from a prompt without them, or leave the shortlist out."
        )
    by_label: dict[str, list[Example]] = defaultdict(list)
    for row in train:
        by_label[row.label].append(row)
    chosen = [row for label, rows in by_label.items() for row in _some(rows, f"shortlist/{seed}/{label}")]
    pool = pool_of(chosen, held_out, seed, MOST_VOTERS)
    return replace(prompt, few_shot=FewShot("similar", prompt.few_shot.k, pool), shortlist=size)


def _some(rows: Sequence[Example], seed: str) -> list[Example]:
    if len(rows) <= VOTERS_PER_LABEL:
        return list(rows)
    chosen = set(random.Random(seed).sample(range(len(rows)), VOTERS_PER_LABEL))
    return [row for at, row in enumerate(rows) if at in chosen]
