"""What is asked of a cascade, and what came of it: the ways to answer, with their figures on validation and test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.confidence.agreement import TEMPERATURE
from core.confidence.coverage import AnswerShares, Gate
from core.errors import UsageError
from core.metrics.comparison import WORSE, verdict_of
from core.types import Comparison, Evaluation, Example, Shot

MOST_SAMPLES = 100
WAYS = ("prompt", "local", "cascade", "abstaining")


@dataclass(frozen=True, slots=True)
class CascadeWish:
    """`target`: the share of given answers that must be right, 0 to 1; None: the prompt's own accuracy on validation
    rows. `samples` further replies a text say how sure the prompt is, or with `logprobs` the model's own probability of
    its label; with neither it answers everything. `local`: a local model answers first where it is sure."""

    target: float | None = None
    samples: int = 0
    temperature: float = TEMPERATURE
    local: bool = True
    logprobs: bool = False

    @property
    def asks(self) -> bool:
        """Whether a model is asked."""
        return self.samples > 0 or self.logprobs

    def __post_init__(self) -> None:
        if self.target is not None and not 0 < self.target < 1:
            raise UsageError("The target is a share between 0 and 1, such as 0.95: no rows can prove more.")
        if not 0 <= self.samples <= MOST_SAMPLES or not 0 <= self.temperature <= 2:
            raise UsageError(f"Ask for 0 to {MOST_SAMPLES} samples, at a temperature from 0 to 2.")
        if self.samples and self.logprobs:
            raise UsageError(
                "How sure an answer is comes from samples or from log-probabilities: ask for one of them."
            )
        if not self.local and not self.asks:
            raise UsageError(
                "Without a local model and without samples or log-probabilities the prompt answers everything: ask for one of them."
            )
        if self.asks and self.target is None:
            raise UsageError(
                "Say how many of the given answers must be right, such as 95 of 100: where unsure answers are left out there is no "
                "usual target."
            )


@dataclass(frozen=True, slots=True)
class CascadeRows:
    """`learned`: what the local model learns from. `readings` by part (validation, test), with the rows of each: what
    the prompt has answered."""

    learned: tuple[Shot, ...]
    rows: Mapping[str, tuple[Example, ...]]
    readings: Mapping[str, Evaluation]


@dataclass(frozen=True, slots=True)
class WayFigures(AnswerShares):
    """One way to answer, on the scored `rows` of a part: `answered` of them, `right` of these, `local` of these without
    a call; `calls` is what all rows together take. `comparison` with the prompt alone where every row is answered."""

    way: str
    rows: int
    answered: int
    right: int
    local: int
    calls: int
    comparison: Comparison | None = None

    @property
    def risk(self) -> float | None:
        """Share of the given answers that are wrong."""
        return None if self.accuracy is None else 1 - self.accuracy


@dataclass(frozen=True, slots=True)
class CascadeTrial:
    """`target` is the one that thresholds were chosen by. `local` and `agreement`: None where not wished for; the
    points of the agreement hold what the local model answers, too. `figures` by part; test only where the
    run has read test rows with this prompt."""

    wish: CascadeWish
    target: float
    local: Gate | None
    agreement: Gate | None
    figures: Mapping[str, tuple[WayFigures, ...]]

    def of(self, part: str, way: str) -> WayFigures | None:
        return next((each for each in self.figures.get(part, ()) if each.way == way), None)

    @property
    def claim(self) -> str:
        """The part to quote: test where it was read."""
        return "test" if self.figures.get("test") else "validation"

    @property
    def worse(self) -> bool:
        """Whether the cascade is proven to make more mistakes than the prompt alone, on rows that chose nothing."""
        whole = self.of("test", "cascade")
        compared = whole.comparison if whole else None
        return compared is not None and verdict_of(compared) == WORSE

    @property
    def differs(self) -> bool:
        """Whether texts are answered otherwise than by the prompt alone."""
        local = self.local is not None and self.local.threshold is not None
        return local or bool(self.agreement is not None and self.agreement.threshold)

    @property
    def most_held(self) -> float:
        """The highest target that some threshold would have held, 0 to 1."""
        gates = [gate for gate in (self.local, self.agreement) if gate is not None]
        return max((point.interval[0] for gate in gates for point in gate.curve), default=0.0)

    @property
    def useful(self) -> bool:
        """Whether any threshold holds."""
        return any(gate is not None and gate.threshold is not None for gate in (self.local, self.agreement))
