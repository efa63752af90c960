"""What the user brings: rows of labelled text, and their labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Example:
    """A row. `split` is one of SPLITS, or empty: "choose for me". `reviewed`: a person looked at the label and
    stands for it; no part of what makes two rows equal."""

    id: str
    text: str
    label: str
    note: str = ""
    excluded: bool = False
    canonical: bool = False
    split: str = ""
    source: str = ""
    reviewed: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class LabelSet:
    """`good`: where the labels are verdicts on answers, the one that says an answer is good; empty elsewhere."""

    names: tuple[str, ...]
    definitions: Mapping[str, str] = field(default_factory=dict)
    good: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled text. `version` grows with every change of a row."""

    name: str
    labels: LabelSet
    examples: tuple[Example, ...]
    id: str = ""
    version: int = 0
