"""What was typed for `evaluate`, `classify` and `adopt`, apart from models and reading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.cli.options import ModelOptions, Reading
from core.cli.parameters import PromptSource


@dataclass(frozen=True, slots=True)
class Measuring:
    """What is measured on which rows, and what becomes of it."""

    prompt: PromptSource
    split: str
    seed: int
    objective: str | None
    fail_under: float | None
    out: Path | None
    scorer: str | None = None


@dataclass(frozen=True, slots=True)
class Labelling:
    """The prompt, and what it may answer and show."""

    prompt: PromptSource
    labels: tuple[str, ...]
    neighbours: str
    dataset: str | None


@dataclass(frozen=True, slots=True)
class AdoptionWish:
    """`history` and `back` are names of datasets; without them a run is adopted, with its `cascade` if so wished. `to`: a
    number in the history."""

    step: int | None
    why: str
    history: str | None
    back: str | None
    to: int | None
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class MeasureRequest:
    """What was typed for `evaluate`."""

    data: str
    measuring: Measuring
    models: ModelOptions
    reading: Reading


@dataclass(frozen=True, slots=True)
class LabelFiles:
    """What `classify` reads and writes, as typed."""

    source: str
    target: Path


@dataclass(frozen=True, slots=True)
class Engine:
    """Who classifies: this process (`name` local), or `workers` of a cluster (ray)."""

    name: str = "local"
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """What was typed for `classify`."""

    source: str
    target: Path
    labelling: Labelling
    models: ModelOptions
    reading: Reading
    engine: Engine = Engine()
