"""What the rows that an edit moved are worth under an objective, counted in rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from core.metrics.metrics import answer_score
from core.metrics.objectives import Scoring, answer_of, cost_of
from core.types import Example, Objective, Prediction
from core.types.objectives import ACCURACY, COSTS, SCORE, UNREADABLE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Stakes:
    """The change of the objective's score over the `examples` whose predictions `before` are known, were some
    of them moved as in `after`, times their number: as accuracy has it, rows fixed less rows broken. So from
    all wrong to all right every objective counts as many rows as there are, and thresholds in rows hold for each."""

    objective: Objective
    examples: Sequence[Example]
    before: Mapping[str, Prediction]
    after: Mapping[str, Prediction]

    def gain(self, fixed: Sequence[str], broke: Sequence[str]) -> float:
        """By ids of rows that became right, and of rows that became wrong. A row that went from one wrong label
        to another counts for nothing."""
        if self.objective.kind == ACCURACY:
            return len(fixed) - len(broke)
        truth = {example.id: example.label for example in self.examples}
        if self.objective.kind == SCORE:
            return sum(
                self._rise(identity, truth[identity]) for identity in (*fixed, *broke) if identity in truth
            )
        moved = [identity for identity in (*fixed, *broke) if identity in truth]
        if not moved:
            return 0.0
        labels, right = [truth[identity] for identity in moved], set(fixed)
        now = [
            truth[identity] if identity in right else _wrong(self.after.get(identity), truth[identity])
            for identity in moved
        ]
        taken = self._scoring.sums(labels, [answer_of(self.before[identity]) for identity in moved])
        change = (self._scoring.sums(labels, now) - taken).sum(axis=0)
        scores = self._scoring.score(self._sums + change) - self._scoring.score(self._sums)
        return float(scores) * len(self._known) / self._scale

    def _rise(self, identity: str, label: str) -> float:
        """Of the row's score."""
        return answer_score(self.after[identity], label) - answer_score(self.before[identity], label)

    @cached_property
    def _known(self) -> list[Example]:
        return [example for example in self.examples if example.id in self.before]

    @cached_property
    def _scoring(self) -> Scoring:
        truth = [example.label for example in self._known]
        answers = [answer_of(each) for each in (*self.before.values(), *self.after.values())]
        return Scoring(self.objective, truth, answers)

    @cached_property
    def _sums(self) -> NDArray[np.float64]:
        answers = [answer_of(self.before[example.id]) for example in self._known]
        lines = self._scoring.sums([example.label for example in self._known], answers)
        sums: NDArray[np.float64] = lines.sum(axis=0)
        return sums

    @cached_property
    def _scale(self) -> float:
        """The score that lies between all wrong and all right: 1, or the cost of a mistake on average."""
        if self.objective.kind != COSTS:
            return 1.0
        labels = sorted({example.label for example in self._known})
        costs = [
            sum(cost_of(self.objective, example.label, other) for other in labels) / max(len(labels) - 1, 1)
            for example in self._known
        ]
        return sum(costs) / len(costs) or 1.0


def _wrong(prediction: Prediction | None, label: str) -> str:
    """What a broken row was read as, as far as that is known."""
    return UNREADABLE if prediction is None or prediction.label == label else answer_of(prediction)
