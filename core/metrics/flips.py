"""Two prompts on the same rows, row by row: where their answers part, and who is right there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.metrics.comparison import scored_by_id
from core.metrics.metrics import answer_score
from core.types import Example, Outcome, Prediction


class RightSide(StrEnum):
    """Who is right about a row; of graded answers, whose has the higher score."""

    BOTH = "both"
    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Flip:
    """A row about which two prompts say different things."""

    example: Example
    first: Prediction
    second: Prediction
    right: RightSide


def flips(
    examples: Sequence[Example], first: Sequence[Prediction], second: Sequence[Prediction]
) -> tuple[Flip, ...]:
    """The rows that both have scored and answered differently, in the order of the examples. Failed calls are
    no answers; two unreadable replies are the same answer, two labels outside the list are not, unless they
    are the same text."""
    return tuple(
        Flip(example, one, other, who_is_right(example, one, other))
        for example, one, other in _both(examples, first, second)
        if answer(one) != answer(other)
    )


def tally(
    examples: Sequence[Example], first: Sequence[Prediction], second: Sequence[Prediction]
) -> dict[RightSide, int]:
    """Every row that both have scored, by who is right about it; all four are there."""
    counts = Counter(who_is_right(*each) for each in _both(examples, first, second))
    return {side: counts[side] for side in RightSide}


def who_is_right(example: Example, first: Prediction, second: Prediction) -> RightSide:
    """BOTH and NEITHER where the scores are equal: both have the full one, or not."""
    one, other = answer_score(first, example.label), answer_score(second, example.label)
    if one == other:
        return RightSide.BOTH if one == 1 else RightSide.NEITHER
    return RightSide.FIRST if one > other else RightSide.SECOND


def answer(prediction: Prediction) -> tuple[Outcome, str]:
    """What was answered, whatever the reason given."""
    if prediction.outcome is Outcome.UNKNOWN_LABEL:
        return prediction.outcome, prediction.said
    return prediction.outcome, prediction.label


def _both(
    examples: Sequence[Example], first: Sequence[Prediction], second: Sequence[Prediction]
) -> Iterator[tuple[Example, Prediction, Prediction]]:
    one, other = scored_by_id(first), scored_by_id(second)
    for example in examples:
        if example.id in one and example.id in other:
            yield example, one[example.id], other[example.id]
