"""A column for each label, marked with 0 and 1, as one column of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.data.fields import EXTRAS, LABEL_NAMES
from core.data.formats.reading.values import label_cell
from core.data.importing.column_content import column_cells
from core.data.importing.column_names import plain
from core.data.table import Table
from core.wording import listed

_YES, _NO = frozenset({"1", "1.0", "true"}), frozenset({"0", "0.0", "false", ""})
_FEWEST, _USUAL = 3, 0.7  # columns; of the rows, those with exactly one mark
_OTHERS = frozenset((*LABEL_NAMES, *(name for field in EXTRAS for name in field.headings)))


def with_marked_labels(table: Table) -> Table:
    """The table with a column "label" besides, where no column is named so, several hold 0 and 1 alone, and most
    rows have a 1 in exactly one of them."""
    if table.known or len(table.columns) < 3 or any(plain(column) in LABEL_NAMES for column in table.columns):
        return table
    marks = {column: marks for column in table.columns if (marks := _marks(table, column))}
    if len(marks) < 2:
        return table
    rows = list(zip(*marks.values(), strict=True))
    single = sum(sum(row) == 1 for row in rows)
    if single < len(rows) if len(marks) < _FEWEST else single < _USUAL * len(rows):
        return table
    names = _without_common_path(list(marks))
    labels = [label_cell([name for name, marked in zip(names, row, strict=True) if marked]) for row in rows]
    notice = f"The columns {listed(list(marks), 6)} are labels, marked with 1: a row's label is the one that is marked."
    return replace(
        table,
        columns=(*table.columns, "label"),
        rows=tuple((*row, label) for row, label in zip(table.rows, labels, strict=True)),
        notices=(*table.notices, notice),
    )


def _without_common_path(columns: Sequence[str]) -> Sequence[str]:
    """Of what was nested in one object, scores.bug and scores.idea, the innermost names."""
    paths = {column.rpartition(".")[0] for column in columns}
    return [column.rpartition(".")[2] for column in columns] if len(paths) == 1 else columns


def _marks(table: Table, column: str) -> Sequence[bool]:
    """Which rows are marked; nothing for a column of another kind, or without a mark."""
    first = (cell.strip().casefold() for cell in column_cells(replace(table, rows=table.rows[:50]), column))
    if plain(column) in _OTHERS or not {*first} <= _YES | _NO:
        return ()
    values = [cell.strip().casefold() for cell in column_cells(table, column)]
    marked = [value in _YES for value in values]
    return marked if any(marked) and not all(marked) and {*values} <= _YES | _NO else ()
