"""What the store hands out of second labels and of the history of rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an annotator, a second person, labelled a row, without being shown the label it had then, `first`.
    `settled`: when a person decided between the two, None before."""

    example_id: str
    annotator: str
    label: str
    note: str
    at: float
    first: str
    settled: float | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Who changed what, when, from what to what, and why. `undone` changes are not in force. What was done to
    many rows at once is one entry in the history of a dataset: `example_id` is empty, `rows` counts them,
    `what` says it in words, and `field` is that of the rows, or "label set" or "definition" (of labels,
    `before` and `after` in words) or "import". The history of a row has its own."""

    change_set: str
    when: float
    who: str
    why: str
    example_id: str
    field: str
    before: str | bool
    after: str | bool
    undone: bool
    rows: int = 1
    what: str = ""
