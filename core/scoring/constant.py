"""The floor for free answers: the one answer that would score best if it were given to every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.scoring.scorer import Scorer
from core.types import Example, Outcome, Prediction

MOST_TRIED = 20  # reference answers, the most frequent ones


@dataclass(frozen=True, slots=True)
class Constant:
    """`predictions`: what it comes to on every row; `score`: their mean; `accuracy`: the share with the full score."""

    answer: str
    predictions: tuple[Prediction, ...]
    score: float
    accuracy: float


def best_constant(scorer: Scorer, examples: Sequence[Example]) -> Constant:
    """Of the reference answers of these rows, so that it is as hard to beat as it can be. Without rows: 0."""
    usual = Counter(example.label for example in examples).most_common(MOST_TRIED)
    tried = [_constant(scorer, examples, answer) for answer, _ in usual]
    return max(tried, key=lambda each: each.score, default=Constant("", (), 0.0, 0.0))


def _constant(scorer: Scorer, examples: Sequence[Example], answer: str) -> Constant:
    given = tuple(
        scorer.scored(example, Prediction(example.id, Outcome.LABEL, answer)) for example in examples
    )
    scores = [each.score or 0.0 for each in given]
    return Constant(answer, given, sum(scores) / len(scores), scores.count(1.0) / len(scores))
