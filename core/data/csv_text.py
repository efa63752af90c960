"""A dataset as CSV text, in the columns of docs/contracts.md section 1, such that importing it gives the same rows
again.

A cell that a spreadsheet would take for a formula gets a leading ' (ASVS 1.2.10), and so does one that looks
as if it had got one already: `unquoted` then takes exactly one ' away, and every text survives the round
trip.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from core.types import Dataset

COLUMNS = ("id", "text", "label", "note", "exclude", "canonical", "split")

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED = re.compile(r"'+[=+\-@\t\r]")


def to_csv(dataset: Dataset) -> str:
    """All rows in their order, excluded ones too; marks are "true" or empty, lines end in CR LF (RFC
    4180)."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(to_rows(dataset))
    return out.getvalue()


def to_rows(dataset: Dataset) -> Iterator[Sequence[str]]:
    """COLUMNS, then the cells of every row, safe for spreadsheets."""
    yield COLUMNS
    for row in dataset.examples:
        cells = (row.id, row.text, row.label, row.note, _mark(row.excluded), _mark(row.canonical), row.split)
        yield [quoted_for_spreadsheets(cell) for cell in cells]


def quoted_for_spreadsheets(cell: str) -> str:
    """`=1+1` becomes `'=1+1`; `'=1+1` becomes `''=1+1`; other cells stay as they are."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unquoted(cell: str) -> str:
    """The cell before `quoted_for_spreadsheets`."""
    return cell[1:] if _QUOTED.match(cell) else cell


def _mark(flag: bool) -> str:
    return "true" if flag else ""
