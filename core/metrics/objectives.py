"""What a prompt is judged by: the score of some answers under an objective, and the paired test of two prompts.

A score is higher for the better prompt and follows from sums over rows: of hits and of answers given, per
label, or of costs. So swapping a row's two answers, which is what the test does over and over, is an addition.

The test (Fisher 1935, "The design of experiments"; for F1 Yeh 2000, "More accurate tests for the statistical
significance of result differences"): were the prompts the same, each row's answers could stand on either side.
`p` is the share of such swaps whose difference is at least as large, all of them where few rows differ.
Accuracy has an exact test of its own (McNemar, in comparison.py), which is what this comes to there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.types import Metrics, Objective, Outcome, Prediction
from core.types.objectives import ACCURACY, BALANCED, COSTS, F1, MACRO_F1, RECALL, UNREADABLE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Sums = NDArray[np.float64]

ENUMERATED = 12  # rows that differ: up to so many, every swap is tried
SWAPS = 10_000  # else so many, drawn by a fixed seed
SLICE = 1_000  # swaps at a time: what they take in memory
CLOSE = 1e-12  # differences of sums of floats that are the same number
DEFAULT_COST = 1.0

Answers = Sequence[str]  # the label that each reply gives, UNREADABLE where it gives none of the set


@dataclass(frozen=True, slots=True)
class PairedAnswers:
    """Two prompts' answers to the same rows, given by id; `truth` are the rows' labels."""

    ids: Sequence[str]
    truth: Sequence[str]
    before: Answers
    after: Answers


class Scoring:
    """An objective on rows whose labels are known: which sums it needs, and what follows from them."""

    def __init__(self, objective: Objective, truth: Sequence[str], *answers: Answers):
        import numpy as np

        named = set(truth).union(*answers) - {UNREADABLE}
        single = objective.kind in (F1, RECALL)
        self.labels = [objective.label] if single else sorted(named)
        self.objective, self.n = objective, len(truth)
        index = {label: at for at, label in enumerate(self.labels)}
        self._index = index
        self.support = np.bincount(
            [index[label] for label in truth if label in index], minlength=len(self.labels)
        ).astype(float)

    def sums(self, truth: Sequence[str], answers: Answers) -> Sums:
        """A line per row: what it adds to the sums."""
        import numpy as np

        kind = self.objective.kind
        if kind == ACCURACY:
            return np.array([[float(label == answer)] for label, answer in zip(truth, answers, strict=True)])
        if kind == COSTS:
            known = {pair: cost_of(self.objective, *pair) for pair in set(zip(truth, answers, strict=True))}
            return np.array([[known[pair]] for pair in zip(truth, answers, strict=True)])
        columns = np.array([self._index.get(answer, -1) for answer in answers])
        given = (columns[:, None] == np.arange(len(self.labels))).astype(float)
        right = np.array([label == answer for label, answer in zip(truth, answers, strict=True)])
        hits = given * right[:, None]
        return hits if kind == BALANCED else np.hstack([hits, given])

    def score(self, sums: Sums) -> Sums:
        """Along the last axis."""
        import numpy as np

        kind, support = self.objective.kind, self.support
        if kind == ACCURACY:
            return sums[..., 0] / self.n
        if kind == COSTS:
            return -sums[..., 0] / self.n
        hits = sums[..., : len(self.labels)]
        if kind == BALANCED:
            present = support > 0
            return np.asarray((hits[..., present] / support[present]).mean(axis=-1))
        given = sums[..., len(self.labels) :]
        if kind == RECALL:
            recall, precision = hits / np.maximum(support, 1), hits / np.maximum(given, 1)
            below = precision - self.objective.floor
            return np.asarray(np.where(below >= -CLOSE, recall, below)[..., 0])
        counted = support + given
        f1 = 2 * hits / np.maximum(counted, 1)
        if kind == MACRO_F1:
            return np.asarray(f1.sum(axis=-1) / np.maximum((counted > 0).sum(axis=-1), 1))
        return np.asarray(f1[..., 0])


def objective_score(objective: Objective, truth: Sequence[str], answers: Answers) -> float:
    """The higher the better; 0 without rows. Costs count below 0; so does a recall whose precision is below its
    floor: by how much it is."""
    if not truth:
        return 0.0
    scoring = Scoring(objective, truth, answers)
    return float(scoring.score(scoring.sums(truth, answers).sum(axis=0)))


def answers_of(metrics: Metrics) -> tuple[list[str], list[str]]:
    """The labels and the answers behind a confusion matrix."""
    labels = [row.label for row in metrics.per_label]
    columns = [*labels, UNREADABLE, UNREADABLE]
    cells = [
        (label, answer, count)
        for label, row in zip(labels, metrics.confusion, strict=True)
        for answer, count in zip(columns, row, strict=True)
    ]
    return (
        [label for label, _, count in cells for _ in range(count)],
        [answer for _, answer, count in cells for _ in range(count)],
    )


def answer_of(prediction: Prediction) -> str:
    """The label that it gives, UNREADABLE where it gives none of the set."""
    return prediction.label if prediction.outcome is Outcome.LABEL else UNREADABLE


def cost_of(objective: Objective, label: str, answer: str) -> float:
    """What it costs to give this answer to a row with this label."""
    if label == answer:
        return 0.0
    row = {predicted: cost for correct, predicted, cost in objective.costs if correct == label}
    worst = max([DEFAULT_COST, *row.values()])
    return row.get(answer, worst if answer == UNREADABLE else DEFAULT_COST)


def paired_test(objective: Objective, readings: Sequence[PairedAnswers]) -> tuple[float, float]:
    """The difference in score, after less before, and its two-sided p. Several `readings`, one per seed, are
    averaged; their rows move together, since a hard row is hard for every seed."""
    import numpy as np

    paired = [_Paired(objective, reading) for reading in readings if reading.ids]
    if not paired:
        return 0.0, 1.0
    moved = sorted({identity for each in paired for identity in each.moved})
    places = {identity: number for number, identity in enumerate(moved)}

    def differences(swaps: Sums) -> Sums:
        return sum(each.differences(swaps, places) for each in paired) / len(paired)  # type: ignore[return-value]

    difference = float(differences(np.zeros((1, len(moved))))[0])
    rng = np.random.default_rng(len(moved))
    extreme = drawn = 0
    for swaps in _swaps(len(moved), rng):
        extreme += int((abs(differences(swaps)) >= abs(difference) - CLOSE).sum())
        drawn += len(swaps)
    exact = len(moved) <= ENUMERATED
    return difference, extreme / drawn if exact else (extreme + 1) / (drawn + 1)


# ---- private


class _Paired:
    """One reading: the sums of both sides, and what each row that differs takes from one to the other."""

    def __init__(self, objective: Objective, reading: PairedAnswers):
        self._scoring = Scoring(objective, reading.truth, reading.before, reading.after)
        before = self._scoring.sums(reading.truth, reading.before)
        after = self._scoring.sums(reading.truth, reading.after)
        change = after - before
        rows = [int(row) for row in abs(change).sum(axis=1).nonzero()[0]]
        self.moved = [reading.ids[row] for row in rows]
        self._change = change[rows]
        self._before, self._after = before.sum(axis=0), after.sum(axis=0)

    def differences(self, swaps: Sums, places: dict[str, int]) -> Sums:
        """The difference in score for each line of `swaps`, which has 1 in the places of the rows to swap."""
        taken = swaps[:, [places[identity] for identity in self.moved]] @ self._change
        return self._scoring.score(self._after - taken) - self._scoring.score(self._before + taken)


def _swaps(rows: int, rng: np.random.Generator) -> Iterator[Sums]:
    """Every way to swap some of the rows, or SWAPS of them by chance, in slices."""
    import numpy as np

    if rows <= ENUMERATED:
        numbers = np.arange(2**rows)[:, None]
        yield ((numbers >> np.arange(rows)) & 1).astype(float)
        return
    for _ in range(SWAPS // SLICE):
        yield rng.integers(0, 2, (SLICE, rows)).astype(float)
