"""How many rows each part of a run may classify, so that the caps hold and the last evaluations are always possible."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import UsageError
from core.metrics.comparison import EVIDENCE, mcnemar
from core.types import Example, Settings

ITERATIONS = 8  # where neither a number of steps nor a cap is set
CALLS_PER_STEP = 60  # what a step is given where only lightweight calls are capped
FEWEST_CALLS = 40  # below this no step can be measured


@dataclass(frozen=True, slots=True)
class OfEachLabel:
    """How many rows of each label: read in a look, mistakes and correct ones shown. None: auto."""

    rows: int | None = None
    mistakes: int | None = None
    correct: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`look`: training rows newly read in a step (twice as many in the first); `show`: mistakes shown to the
    heavyweight model; `attempt`: held-out rows that a candidate is tried on (all of `validation` where there
    is no call cap); `reserved`: lightweight calls that the last evaluations, of validation and test
    rows, need; `correct`: rows read rightly that are shown, too. `of_each`: the numbers asked for, as far as the
    cap pays for them; `cut` says in a sentence where it does not."""

    steps: int
    look: int
    show: int
    attempt: int
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    reserved: int
    correct: int = 0
    of_each: OfEachLabel = OfEachLabel()
    cut: str = ""

    @property
    def per_step(self) -> int:
        """Lightweight calls that a step may take, rows read again not counted."""
        return self.look + self.show + self.attempt

    @property
    def whole(self) -> bool:
        """Whether every candidate is read on all validation rows."""
        return self.attempt >= len(self.validation)


def plan(
    settings: Settings, train: Sequence[Example], validation: Sequence[Example], test: Sequence[Example]
) -> Plan:
    """Without a call cap everything is read. Under a cap at most a third of the calls go to the last evaluations
    of the test rows, and the rest is shared out: a validation sample read twice (the starting prompt, the
    best), then an equal allowance for each step.

    An allowance is what a step may take, seldom what it takes; where the steps take it all the run ends
    before the last of them, and what is kept back stays. Raises UsageError for a cap below FEWEST_CALLS, or
    too low for the canonical rows, which every step reads."""
    cap = settings.max_calls
    steps = steps_planned(settings)
    wish = OfEachLabel(settings.rows_per_label, settings.mistakes_per_label, settings.correct_per_label)
    sizes = Counter(row.label for row in train)
    look = min(settings.batch_size, len(train)) if wish.rows is None else _rows_of(sizes, wish.rows)
    show = settings.shown_mistakes if wish.mistakes is None else wish.mistakes * len(sizes)
    correct = settings.shown_correct if wish.correct is None else wish.correct * len(sizes)
    if cap is None:
        whole = len(validation), tuple(validation), tuple(test), 2 * len(test)
        return Plan(steps, look, show, *whole, correct, wish)
    if cap < FEWEST_CALLS:
        raise UsageError(
            f"{cap} lightweight calls are too few for one step: allow at least {FEWEST_CALLS}, or leave the cap out."
        )
    rng = random.Random(f"plan/{settings.seed}")
    read_test = min(len(test), cap // 6)
    left = cap - 2 * read_test
    held_out = min(len(validation), max(left // 14, 6, sum(row.canonical for row in validation)))
    each = max((left - 2 * held_out) // (steps + 1), 8)  # one more, since the first look is a long one
    attempt = min(held_out, max(each // 3, 3))
    most = max(each // 3, 3) if wish.rows is None else max(each // 2, 3), max(each // 2, 4)
    of_each, cut = _paid(wish, (look, show), most, len(sizes)), ""
    if of_each != wish:
        cut = _cut_in_words(cap, wish, of_each)
    look, show = min(look, most[0]), min(show, most[1])
    reserved = 2 * read_test + held_out
    canonical = sum(row.canonical for row in train)
    least = reserved + held_out + canonical + show + attempt
    if cap < least and any(row.canonical for row in (*train, *validation)):
        raise UsageError(
            f"{cap} lightweight calls are too few to read every canonical row in every step: allow at least {least}, "
            "leave the cap out, or make fewer rows canonical."
        )
    return Plan(
        steps,
        look,
        show,
        attempt,
        stratified_sample(validation, held_out, rng, bool(settings.scorer)),
        stratified_sample(test, read_test, rng, bool(settings.scorer)),
        reserved,
        correct,
        of_each,
        cut,
    )


def left_by_cap(planned: Plan, validation: int, test: int) -> str:
    """What a cap on calls leaves of so many held-out rows, and what cannot be shown on them; "" where all are read."""
    parts = [(len(planned.validation), validation, "validation"), (len(planned.test), test, "test")]
    short = [f"{read:,} of {rows:,} {name} rows" for read, rows, name in parts if read < rows]
    if not short:
        return ""
    rows, name = next((read, name) for read, _, name in reversed(parts) if read)
    least = next(fixed for fixed in range(1, 100) if mcnemar(fixed, 0) < EVIDENCE)
    gain = f"a gain of less than {100 * least / rows:.0f} points" if rows >= least else "no gain"
    verb = "cannot" if rows >= least else "can"
    return f"The cap on calls leaves {' and '.join(short)}. On {rows:,} {name} rows {gain} {verb} be told from luck."


def _rows_of(sizes: Mapping[str, int], each: int) -> int:
    """How many rows that is: of a label with fewer, all."""
    return sum(min(size, each) for size in sizes.values())


def _paid(wish: OfEachLabel, asked: tuple[int, int], most: tuple[int, int], labels: int) -> OfEachLabel:
    """The wish, the rows and the mistakes of each label cut where `asked` are more than the cap pays for."""
    rows, mistakes = (
        max(limit // max(labels, 1), 1) if number is not None and wanted > limit else number
        for number, wanted, limit in zip((wish.rows, wish.mistakes), asked, most, strict=True)
    )
    return OfEachLabel(rows, mistakes, wish.correct)


def _cut_in_words(cap: int, wish: OfEachLabel, paid: OfEachLabel) -> str:
    parts = [
        f"{have:,} of the {wanted:,} {what}"
        for wanted, have, what in (
            (wish.rows, paid.rows, "rows of each label in a step"),
            (wish.mistakes, paid.mistakes, "mistakes of each label in a request"),
        )
        if wanted is not None and have is not None and wanted != have
    ]
    paid_for = " and ".join(parts)
    return f"The cap of {cap:,} lightweight calls pays for {paid_for}: raise the cap, or plan fewer steps."


def steps_planned(settings: Settings) -> int:
    """The number of steps asked for, or as many as the caps allow."""
    if settings.iterations is not None:
        return settings.iterations
    if settings.max_heavy_calls is not None:
        return settings.max_heavy_calls
    return ITERATIONS if settings.max_calls is None else max(settings.max_calls // CALLS_PER_STEP, 1)


def stratified_sample(
    examples: Sequence[Example], size: int, rng: random.Random, free: bool = False
) -> tuple[Example, ...]:
    """`size` of the examples in their order: every canonical row first, then by chance with each label's share
    kept; where answers are `free`, by chance alone."""
    if size >= len(examples):
        return tuple(examples)
    shuffled = sorted(examples, key=lambda example: (not example.canonical, rng.random()))
    groups: dict[str, list[Example]] = {}
    for example in shuffled:
        groups.setdefault("" if free else example.label, []).append(example)
    ranked = sorted(
        (not example.canonical, (rank + 0.5) / len(group), "" if free else example.label, example.id)
        for group in groups.values()
        for rank, example in enumerate(group)
    )
    chosen = {identity for *_, identity in ranked[:size]}
    return tuple(example for example in examples if example.id in chosen)
