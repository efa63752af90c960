"""The cells of a label column: a label, nothing, or several labels, however a tool writes several into one cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.data.formats.reading.cell_values import opened_cell
from core.data.formats.reading.values import opened_labels
from core.data.importing.columns import MAX_LABEL_LENGTH

_SEPARATORS = (",", ";", "|", "#")  # Doccano writes # into CSV files
_MOST_DIFFERENT = 20_000  # different cells: more are no labels


def read_label_cells(cells: Sequence[str]) -> list[tuple[str, ...]]:
    """The labels of each cell, none for a blank one or an empty list.

    Lists and objects are opened, as JSON, Python or numpy write them. "billing, bug" is two labels where each
    also stands alone, or where "bug, billing" stands elsewhere (also with ; | #), and one where neither does.
    """
    opened = {cell: tuple(opened_labels(opened_cell(cell))) for cell in dict.fromkeys(cells)}
    combined = _combinations(label for labels in opened.values() for label in labels)
    if combined:
        opened = {cell: _parts(labels, combined) for cell, labels in opened.items()}
    return [opened[cell] for cell in cells]


def is_unreadable(label: str) -> bool:
    """Whether a label is an object that names none."""
    return label.startswith("{") and isinstance(opened_cell(label), dict)


def _parts(labels: Sequence[str], combined: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for label in labels for part in combined.get(label, (label,))))


def _combinations(labels: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The parts of those labels that are combinations of others."""
    different = set(labels)
    if len(different) > _MOST_DIFFERENT:
        return {}
    combined: dict[str, tuple[str, ...]] = {}
    for separator in _SEPARATORS:
        parts = {label: _split(label, separator) for label in different if separator in label}
        combined |= _sure({label: each for label, each in parts.items() if len(each) > 1}, different)
    return combined


def _split(label: str, separator: str) -> tuple[str, ...]:
    """The parts; none where one is blank or too long to be a label."""
    parts = tuple(part.strip() for part in label.split(separator))
    return tuple(dict.fromkeys(parts)) if all(0 < len(part) <= MAX_LABEL_LENGTH for part in parts) else ()


def _sure(parts: dict[str, tuple[str, ...]], labels: set[str]) -> dict[str, tuple[str, ...]]:
    """Of candidates for combinations those whose parts all stand alone, or that stand in another order, too.
    Where there are such, one label that stands alone is enough for the others."""
    alone = {label.casefold() for label in labels - parts.keys()}
    orders: dict[frozenset[str], set[tuple[str, ...]]] = {}
    for each in parts.values():
        orders.setdefault(frozenset(each), set()).add(each)
    turned = {part.casefold() for members, ways in orders.items() if len(ways) > 1 for part in members}
    known = alone | turned
    sure = {label: each for label, each in parts.items() if all(part.casefold() in known for part in each)}
    if not sure:
        return {}
    return {label: each for label, each in parts.items() if any(part.casefold() in known for part in each)}
