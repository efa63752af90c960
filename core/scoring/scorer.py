"""A scorer: what a free answer is worth against the reference answer of its row, from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from core.errors import DataError, UsageError, WhetstoneError
from core.types import Example, Objective, Outcome, Prediction
from core.types.objectives import ACCURACY, SCORE
from core.wording import quoted

Score = Callable[[Example, str], float]  # of a row and an answer
Problem = Callable[
    [str], str
]  # why a reference answer cannot be scored against, in a sentence; "" where it can
Remark = Callable[[Sequence[str]], str]  # what is to be said of reference answers that can; "" for nothing


def _no_problem(reference: str) -> str:
    return ""


def _no_remark(references: Sequence[str]) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Scorer:
    """`name` is what is typed and stored; `graded`: scores may lie between 0 and 1, so that their mean counts. `labels`:
    those of which an answer names several (label_sets.py); empty where answers are no labels."""

    name: str
    score: Score
    graded: bool = False
    problem: Problem = _no_problem
    remark: Remark = _no_remark
    labels: tuple[str, ...] = ()

    @property
    def objective(self) -> Objective:
        """What a run is to get better at: answers that are right, or the mean score."""
        return Objective(SCORE if self.graded else ACCURACY)

    def check(self, examples: Iterable[Example], called: str = "") -> None:
        """DataError for the first row whose reference answer cannot be scored against, before anything is spent. `called`:
        the scorer in the words by which it was chosen."""
        for example in examples:
            problem = "" if example.excluded else self.problem(example.label)
            if problem:
                raise DataError(
                    f"The row {quoted(example.text)} has the answer {quoted(example.label)}, {problem} "
                    f"(scorer {called or self.name}): "
                    "correct or exclude it, or choose another scorer."
                )

    def scored(self, example: Example, prediction: Prediction) -> Prediction:
        """The prediction with its score. Only an answer has one above 0; a failed call has none. UsageError where
        the score is none."""
        if prediction.outcome is Outcome.FAILED:
            return prediction
        if prediction.outcome is not Outcome.LABEL:
            return replace(prediction, score=0.0)
        return with_score(example, prediction, self.value(example, prediction.label))

    def value(self, example: Example, answer: str) -> float:
        """UsageError where the function fails or gives no number from 0 to 1."""
        try:
            value = self.score(example, answer)
        except WhetstoneError:
            raise
        except Exception as error:  # a function of the user's
            raise UsageError(
                f"The scorer {self.name} failed on row {example.id} ({type(error).__name__}: {error}): correct it and "
                "start again; replies that were paid for are kept."
            ) from error
        if not isinstance(value, int | float) or not isfinite(value) or not 0 <= value <= 1:
            raise UsageError(
                f"The scorer {self.name} gave {value!r} to row {example.id}: it must give a number from 0 to 1."
            )
        return float(value)


def with_score(example: Example, prediction: Prediction, score: float) -> Prediction:
    """What is right has the row's own label, as everywhere; what is not has another one, even where the answer
    reads the same."""
    answer = prediction.label
    label = example.label if score == 1 else "" if answer == example.label else answer
    return replace(prediction, label=label, said=answer, score=score)
