"""What a hypothesis answers for in a trial: the rows it may move, and those that it did move.

A rule that gives label L can fix only mistakes whose correct label is L, and can break only rows of other
labels. So a trial reads the mistakes it is about and the held-out rows most like it, and each rule answers
for the rows that moved to its labels.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.metrics.comparison import mcnemar, mistakes_in_words, moved_rows_in_words
from core.metrics.metrics import improves, is_graded, is_mistake, right
from core.tuning.hypotheses import Hypothesis
from core.tuning.knowledge import Knowledge
from core.types import Comparison, Example, Prediction


@dataclass(frozen=True, slots=True)
class Attribution:
    """Ids of rows that a hypothesis answers for: mistakes it fixed, in the request to the heavyweight model or
    held out, and rows it broke. `graded`: of scores between wrong and right, rows that rose and rows that fell."""

    fixed_in_request: tuple[str, ...] = ()
    fixed_held_out: tuple[str, ...] = ()
    broke: tuple[str, ...] = ()
    graded: bool = False

    @property
    def fixed(self) -> tuple[str, ...]:
        return (*self.fixed_in_request, *self.fixed_held_out)

    @property
    def all(self) -> tuple[str, ...]:
        """Every row that moved."""
        return (*self.fixed, *self.broke)

    def in_words(self) -> str:
        """Such as "3 mistakes fixed (2 of them shown), 1 new"."""
        if not self.all:
            return "changed no prediction"
        words = moved_rows_in_words if self.graded else mistakes_in_words
        return words(len(self.fixed), len(self.broke), len(self.fixed_in_request))

    def in_requests(self) -> str:
        """The same as the heavyweight model reads it, such as "fixed 3 (2 of them shown), broke 1". Not a byte may
        change: a resumed run finds its replies by its whole requests."""
        request = f" ({len(self.fixed_in_request)} of them shown)" if self.fixed_in_request else ""
        moved = f"fixed {len(self.fixed)}{request}, broke {len(self.broke)}"
        return moved if self.all else "moved no row that was read"

    def comparison(self, n: int) -> Comparison:
        """The same as ids, of so many rows: what a ledger of rules is written from."""
        return Comparison(
            n, self.fixed, self.broke, mcnemar(len(self.fixed), len(self.broke)), graded=self.graded
        )


def could_fix(hypothesis: Hypothesis, example: Example, known: Prediction) -> bool:
    """Whether the row is a mistake of the kind the hypothesis is about."""
    if not is_mistake(known, example.label):
        return False
    if not hypothesis.names:
        return True
    return known.label in _leaves(hypothesis) or (
        example.label in hypothesis.names and not hypothesis.removes
    )


def could_break(hypothesis: Hypothesis, example: Example, known: Prediction) -> bool:
    """Whether the row is right, and would not be if the hypothesis moved it."""
    if not right(known, example.label):
        return False
    if not hypothesis.names:
        return True
    return example.label in _leaves(hypothesis) or (
        example.label not in hypothesis.names and not hypothesis.removes
    )


def _leaves(hypothesis: Hypothesis) -> frozenset[str]:
    """Labels that rows may lose by it."""
    return hypothesis.names if hypothesis.removes else hypothesis.left


def examples_to_try(
    hypotheses: Sequence[Hypothesis],
    examples: Sequence[Example],
    knowledge: Knowledge,
    size: int,
    rng: random.Random,
) -> list[Example]:
    """Up to `size` of the rows that the hypotheses may fix or break, by their latest predictions (rows
    without one are left out): most like the hypotheses' words first, one in four by chance.
    Fewer than that: all, in their order."""
    known = knowledge.predictions
    apt = [
        example
        for example in examples
        if example.id in known
        and any(
            could_fix(each, example, known[example.id]) or could_break(each, example, known[example.id])
            for each in hypotheses
        )
    ]
    if len(apt) <= size:
        return apt
    alike = knowledge.similarity.to_texts(
        [each.text for each in hypotheses], [example.id for example in apt]
    ).max(axis=0)
    ranked = sorted(range(len(apt)), key=lambda i: (-alike[i], apt[i].id))
    near = ranked[: size - size // 4]
    rest = ranked[size - size // 4 :]
    return [apt[i] for i in [*near, *rng.sample(rest, size // 4)]]


def moves_of(
    hypothesis: Hypothesis,
    examples: Sequence[Example],
    in_request: Collection[str],
    before: Mapping[str, Prediction],
    after: Mapping[str, Prediction],
) -> Attribution:
    """The rows read in a trial that changed between right and wrong, or in their score, to a label that the hypothesis gives or
    from one whose line it takes away. `in_request` are ids; `before` and `after` are predictions by row id, of
    all `rows`."""
    fixed_in_request: list[str] = []
    fixed_held_out: list[str] = []
    broke: list[str] = []
    for example in examples:
        old, new = before[example.id], after[example.id]
        came = not hypothesis.removes and new.label in hypothesis.names
        if hypothesis.names and not came and old.label not in _leaves(hypothesis):
            continue
        if improves(old, new, example.label):
            (fixed_in_request if example.id in in_request else fixed_held_out).append(example.id)
        elif improves(new, old, example.label):
            broke.append(example.id)
    moved = (*fixed_in_request, *fixed_held_out, *broke)
    graded = any(is_graded(side[identity]) for identity in moved for side in (before, after))
    return Attribution(tuple(fixed_in_request), tuple(fixed_held_out), tuple(broke), graded)
