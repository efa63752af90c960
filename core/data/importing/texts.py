"""Texts of a table that need no label: which columns hold them, and what they say."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.importing import columns as known
from core.data.importing.columns import ColumnMap
from core.data.importing.mapping import text_reader
from core.data.table import Table


def guess_text_columns(table: Table) -> tuple[str, ...]:
    """As `guess_columns` would, but a label column may be missing."""
    if table.known:
        return table.known.text
    free = list(table.columns)
    for names in (
        known.ID_NAMES,
        known.EXCLUDE_NAMES,
        known.CANONICAL_NAMES,
        known.SPLIT_NAMES,
        known.LABEL_NAMES,
        ("outcome",),
    ):
        known.take(free, names)
    return known.take_texts(free) or (known.text_by_content(table, free or list(table.columns)),)


def read_texts(table: Table, columns: Sequence[str]) -> list[str]:
    """One text per row, in order; empty where the cells are blank. Several columns are joined as on
    import."""
    text_of = text_reader(table, ColumnMap(tuple(columns), label=""))
    return [text_of(cells) for cells in table.rows]
