"""What the cells of a column are, where its name does not say it: constant, numbers, dates, ids, or words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from core.data.table import Table

_LOOKED_AT = 2_000  # cells that tell the kind of a column
_USUAL = 0.9
_NUMBER = re.compile(r"[-+]?[\d.,\u00a0 ]*\d[\d.,]*(?:[eE][-+]?\d+)?\s*%?")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?:[ ,].*)?|\d{1,2}:\d\d(?::\d\d.*)?"
    rf"|(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?(?:\d{{1,2}} )?(?:{_MONTHS})[a-z]*\.?,? \d[\d:, ]*.{{0,20}}",
    re.IGNORECASE,
)
# One word with a digit in it, or an address: an id, a hash, a user's name, a link.
_CODE = re.compile(r"(?=\S*\d)[\w.:\-#/+=@]{1,80}|\S+@\S+\.\w+|(?:https?|file)://\S+")
_FLAGS = frozenset({"true", "false", "yes", "no"})


def column_cells(table: Table, column: str) -> list[str]:
    position = table.columns.index(column)
    return [row[position] for row in table.rows]


def distinct_cells(table: Table, column: str) -> set[str]:
    """The different values of a column, blank ones left out."""
    return {cell.strip() for cell in column_cells(table, column)} - {""}


def is_constant(table: Table, column: str) -> bool:
    """Whether a column says the same in several rows and nothing else, or is blank."""
    position, first = table.columns.index(column), ""
    for row in table.rows:
        cell = row[position]
        if cell != first and cell.strip():
            if first:
                return False
            first = cell
    return len(table.rows) > 1


def is_code(table: Table, column: str) -> bool:
    """Whether a column holds numbers, dates or ids, which are no texts."""
    return _usually(table, column, (_NUMBER, _DATE, _CODE))


def is_date(table: Table, column: str) -> bool:
    return _usually(table, column, (_DATE,))


def is_date_cell(cell: str) -> bool:
    return bool(_DATE.fullmatch(cell.strip()[:200]))


def is_code_cell(cell: str) -> bool:
    """Whether a cell is an id, a hash, an address or a link."""
    return bool(_CODE.fullmatch(cell.strip()[:200]))


def is_flag(table: Table, column: str) -> bool:
    """Whether a column says yes or no."""
    return {cell.casefold() for cell in distinct_cells(table, column)} <= _FLAGS


def _usually(table: Table, column: str, patterns: Sequence[re.Pattern[str]]) -> bool:
    cells = [cell for cell in _filled(table, column) if cell]
    like = sum(any(pattern.fullmatch(cell) for pattern in patterns) for cell in cells)
    return bool(cells) and like >= _USUAL * len(cells)


def _filled(table: Table, column: str) -> Iterable[str]:
    position = table.columns.index(column)
    return (row[position].strip()[:200] for row in table.rows[:_LOOKED_AT])
