"""JSON that keeps rows by the part they are of, {"train": […], "test": […]}, and rows that are pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.data.fields import is_split


def part_rows(value: Mapping[str, Any], rows_of: Callable[[object], list[object]]) -> list[object] | None:
    """The rows of all parts, each with its part as `split`; None for an object of another kind. `rows_of` reads the
    rows of one part. Other lists of rows beside the parts ("unsupervised") are parts, too."""
    parts = {name: rows for name, rows in value.items() if _holds_rows(rows)}
    if not any(name.strip() and is_split(name) for name in parts):
        return None
    return [_in_part(pair_as_row(row), name) for name, rows in parts.items() for row in rows_of(rows)]


def _holds_rows(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(pair_as_row(row), dict) for row in value)
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(each, list | dict) for each in value.values())
    )


def _in_part(row: object, name: str) -> object:
    return {"split": name, **row} if isinstance(row, dict) else row


def pair_as_row(value: object) -> object:
    """A pair of a text and its label, or of a text and {"cats": …} as for spaCy, as an object; else the value."""
    if not isinstance(value, list) or len(value) != 2 or type(value[0]) is not str:
        return value
    text, label = value
    if isinstance(label, dict):
        return {"text": text, **label}
    return {"text": text, "label": label} if type(label) is str else value
