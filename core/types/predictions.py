"""What is made of replies: predictions, their figures, evaluations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The four outcomes of a reply, never mixed: only the first can be right, the last is never scored. A fifth is no
    reply's: an answer that a cascade has found too unsure to be given."""

    LABEL = "label"
    UNKNOWN_LABEL = "unknown_label"
    UNREADABLE = "unreadable"
    FAILED = "failed"
    ABSTAINED = "abstained"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one reply says of one example. `label` is set for outcome LABEL only; `said` is the label text as
    the model wrote it; `error` says why a call failed, or that an unreadable reply was cut off. `score`: 0 to 1, of
    a free answer that a scorer has read; its `label` is the row's own where the score is 1."""

    example_id: str
    outcome: Outcome
    label: str = ""
    said: str = ""
    reason: str = ""
    reply: str = ""
    error: str = ""
    cached: bool = False
    score: float | None = None

    @property
    def cut_off(self) -> bool:
        """Whether the reply reached its length limit before it named a label."""
        return self.outcome is Outcome.UNREADABLE and bool(self.error)


@dataclass(frozen=True, slots=True)
class LabelMetrics:
    label: str
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one evaluation. `n` counts scored rows: failed calls are left out and counted in `failed`.
    Unreadable replies and unknown labels are wrong answers. Rates are 0 to 1 and None where n is 0.
    `cut_off` counts those of the unreadable that reached their length limit. `confusion` has a row per correct
    label and a column per label, then unknown label, then unreadable. `score`: of free answers the mean score, 0 to
    1; they have no labels, so no figures by label, and `correct` counts those with the full score."""

    n: int
    correct: int
    accuracy: float | None
    interval: tuple[float, float] | None
    macro_f1: float | None
    unreadable: int
    unknown_label: int
    failed: int
    per_label: tuple[LabelMetrics, ...]
    confusion: tuple[tuple[int, ...], ...]
    cut_off: int = 0
    score: float | None = None

    @property
    def graded(self) -> bool:
        """Whether some answers have a score between wrong and right: then the mean score is another figure than accuracy,
        and it is what counts."""
        return self.score is not None and self.score != self.accuracy


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A prompt on some rows: a prediction per row, in the order of the rows."""

    predictions: tuple[Prediction, ...]
    metrics: Metrics
