"""Coverage against accuracy: how many rows are answered from a confidence on, and how many of those answers are right.

The curve and the threshold are those of selective classification (El-Yaniv and Wiener 2010, "On the foundations of
noise-free selective classification"; Geifman and El-Yaniv 2017 choose a threshold by a bound on held-out rows)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from core.metrics.metrics import wilson

# Confidences are rounded down to so many steps: few thresholds to choose among, so little luck in the choice. Near 1 the
# steps are finer: a model that reasons first often gives its label 0.999, and what tells answers apart lies beyond 0.99.
STEPS, FINEST = 100, 10_000


class AnswerShares:
    """What the counts of answers come to: of `rows` so many are `answered`, and so many of these `right`."""

    __slots__ = ()
    rows: int
    answered: int
    right: int

    @property
    def coverage(self) -> float:
        """Share of the rows that are answered, 0 to 1."""
        return self.answered / self.rows if self.rows else 0.0

    @property
    def accuracy(self) -> float | None:
        """Of the answers given; None where none is."""
        return self.right / self.answered if self.answered else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy (Wilson)."""
        return wilson(self.right, self.answered)


@dataclass(frozen=True, slots=True)
class CoveragePoint(AnswerShares):
    """Of `rows` scored rows `answered` have a confidence of `threshold` (0 to 1) or more, and `right` of these are
    right."""

    threshold: float
    rows: int
    answered: int
    right: int


@dataclass(frozen=True, slots=True)
class Gate:
    """What decides whether an answer counts: the curve on validation rows, fewest answers first, and the threshold
    chosen on it; None where no threshold holds the target, so that nothing passes."""

    curve: tuple[CoveragePoint, ...]
    threshold: float | None

    def passes(self, confidence: float | None) -> bool:
        return self.threshold is not None and confidence is not None and step_of(confidence) >= self.threshold

    @property
    def point(self) -> CoveragePoint | None:
        """Of the curve, where the threshold is."""
        return next((each for each in self.curve if each.threshold == self.threshold), None)


def step_of(confidence: float) -> float:
    """Rounded down to a step: hundredths, from 0.99 on thousandths, from 0.999 on ten-thousandths; 0.29999999999999999
    is 0.3."""
    steps = STEPS
    while steps < FINEST and confidence >= 1 - 1 / steps:
        steps *= 10
    return floor(steps * confidence + 1e-9) / steps


def coverage_curve(
    judged: Sequence[tuple[float, bool]], before: Sequence[bool] = ()
) -> tuple[CoveragePoint, ...]:
    """Of (confidence, whether right) a row, a point for each step that some row has, fewest answers first. `before`:
    whether right, of rows that are answered already, whatever the threshold is."""
    steps = sorted({step_of(confidence) for confidence, _ in judged}, reverse=True)
    points = []
    for threshold in steps:
        answers = [*before, *(right for confidence, right in judged if step_of(confidence) >= threshold)]
        points.append(CoveragePoint(threshold, len(before) + len(judged), len(answers), sum(answers)))
    return tuple(points)


def gate_of(judged: Sequence[tuple[float, bool]], target: float, before: Sequence[bool] = ()) -> Gate:
    """With the threshold that answers most rows and still has the lower end of its interval at `target` (0 to 1) or
    above. It is a choice among a hundred or so, so its own figures are a little too good: quote those of other rows."""
    curve = coverage_curve(judged, before)
    holding = [point for point in curve if point.answered and point.interval[0] >= target]
    return Gate(curve, holding[-1].threshold if holding else None)
