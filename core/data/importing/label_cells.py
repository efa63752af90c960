"""The cells of a label column: a label, nothing, or several labels, however a tool writes several into one cell."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from core.data.formats.reading.cell_values import opened_cell
from core.data.formats.reading.values import as_json, opened_labels
from core.data.importing.columns import MAX_LABEL_LENGTH

_SEPARATORS = (",", ";", "|", "\n", "#")  # Doccano writes # into CSV files
# Too usual within one label to go by the parts alone.
_WEAK_SEPARATORS = ("/", "+", "&", " ")
_MOST_DIFFERENT = 20_000  # different cells: more are no labels
FEWEST_LISTS = 12  # cells
_USUAL = 0.8  # of the cells, to be lists; of the parts, to come again in other cells
_TAG_WORDS = 4
_ARRAY_CELL = re.compile(r"\{[^{}:]*\}")  # as PostgreSQL writes arrays: {bug,"in review"}


def read_label_cells(cells: Sequence[str], lists: bool = False) -> list[tuple[str, ...]]:
    """The labels of each cell, none for a blank one or an empty list.

    Lists and objects are opened, as JSON, Python or numpy write them. "billing, bug" is two labels where each
    also stands alone, or where "bug, billing" stands elsewhere (also with ; | #), and one where neither does; but for
    a column in which nearly every cell is another list of a few tags. `lists`: that cells hold several labels is known,
    so where nothing tells how, they are taken apart at the mark that most of them have.
    """
    different = dict.fromkeys(cells)
    plain = _without_decoration([cell.strip() for cell in different])
    opened = {
        cell: tuple(opened_labels(opened_cell(bare))) for cell, bare in zip(different, plain, strict=True)
    }
    combined = _combinations(label for labels in opened.values() for label in labels)
    combined = combined or _lists(["".join(opened[cell][:1]) for cell in cells if len(opened[cell]) < 2])
    if not combined and lists and not any(len(labels) > 1 for labels in opened.values()):
        combined = _at_usual_mark([labels[0] for labels in opened.values() if labels])
    if combined:
        opened = {cell: _parts(labels, combined) for cell, labels in opened.items()}
    return [opened[cell] for cell in cells]


def _without_decoration(cells: list[str]) -> list[str]:
    """Without what stands around every one of the cells: quotation marks, a ; at the end as forms write it, the
    braces of an array."""
    filled = [cell for cell in cells if cell]
    if filled and all(len(cell) > 2 and cell[0] == cell[-1] == '"' for cell in filled):
        return [cell[1:-1].replace('""', '"') for cell in cells]
    if filled and all(cell.endswith(";") for cell in filled):
        return [cell.rstrip("; ") for cell in cells]
    if len(filled) > 1 and all(map(_ARRAY_CELL.fullmatch, filled)):
        return [as_json(next(csv.reader([cell[1:-1]]), [])) if cell else "" for cell in cells]
    return cells


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
    for separator in (*_SEPARATORS, *_WEAK_SEPARATORS):
        parts = {label: _split(label, separator) for label in different if separator in label}
        several = {label: each for label, each in parts.items() if len(each) > 1}
        combined |= _sure(several, different, separator)
    return combined


def _lists(cells: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The parts of cells that are lists of tags in one order, none of which need stand alone: hardly a cell is repeated,
    nearly all of them have several parts, and the parts are few, short and come again in other cells. None where they
    do not, as in free text or names of towns."""
    filled = [cell for cell in cells if cell]
    different = set(filled)
    if len(filled) < FEWEST_LISTS or len(different) < len(filled) // 2 or len(different) > _MOST_DIFFERENT:
        return {}
    for separator in _SEPARATORS:
        parts = {cell: _split(cell, separator) for cell in different}
        times = Counter(part for each in parts.values() for part in each)
        several = sum(len(each) > 1 for each in parts.values())
        again = sum(n > 1 and len(part.split()) <= _TAG_WORDS for part, n in times.items())
        usual = several >= _USUAL * len(different) and again >= _USUAL * len(times)
        if usual and len(times) <= len(different) // 2:
            return {cell: each for cell, each in parts.items() if len(each) > 1}
    return {}


def _at_usual_mark(cells: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The parts of the cells that hold the mark that stands in most of them."""
    marked = {mark: [cell for cell in cells if len(_split(cell, mark)) > 1] for mark in _SEPARATORS}
    mark = max(marked, key=lambda each: (len(marked[each]), each == ";"))
    return {cell: _split(cell, mark) for cell in marked[mark]}


def _split(label: str, separator: str) -> tuple[str, ...]:
    """The parts; none where one is blank or too long to be a label."""
    parts = tuple(part.strip() for part in label.split(separator))
    return tuple(dict.fromkeys(parts)) if all(0 < len(part) <= MAX_LABEL_LENGTH for part in parts) else ()


def _sure(parts: dict[str, tuple[str, ...]], labels: set[str], separator: str) -> dict[str, tuple[str, ...]]:
    """Of candidates for combinations those whose parts all stand alone, or that stand in another order, too (and
    both, for what often stands within a label). Where there are such, one label that stands alone is enough for
    the others."""
    alone = {label.casefold() for label in labels - parts.keys()}
    orders: dict[frozenset[str], set[tuple[str, ...]]] = {}
    for each in parts.values():
        orders.setdefault(frozenset(each), set()).add(each)
    turned = {label for label, each in parts.items() if len(orders[frozenset(each)]) > 1}
    if separator in _WEAK_SEPARATORS:
        return {label: parts[label] for label in turned if alone.issuperset(map(str.casefold, parts[label]))}
    known = alone | {part.casefold() for label in turned for part in parts[label]}
    sure = {
        label: each
        for label, each in parts.items()
        if label in turned or (known.issuperset(map(str.casefold, each)) and not _is_decimal(label))
    }
    if not sure:
        return {}
    return {label: each for label, each in parts.items() if known & set(map(str.casefold, each))}


def _is_decimal(label: str) -> bool:
    """Whether a comma may be that of a number: 4,5."""
    return label.replace(",", "", 1).isdigit()
