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
    """`good`: where the labels are verdicts on answers, the one that says an answer is good; empty elsewhere. `several`:
    a row may have several of the names, and its label is their set (core/label_sets)."""

    names: tuple[str, ...]
    definitions: Mapping[str, str] = field(default_factory=dict)
    good: str = ""
    several: bool = False


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """How the fields of an input become its one text: `text`, in which {field} stands for what the field of that
    name holds. `fields` are their names, in the order in which they are asked for; each has a place in `text`."""

    fields: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled text. `version` grows with every change of a row. `template`: how the texts were made of several
    columns; None where they came as they are."""

    name: str
    labels: LabelSet
    examples: tuple[Example, ...]
    id: str = ""
    version: int = 0
    template: TextTemplate | None = None
