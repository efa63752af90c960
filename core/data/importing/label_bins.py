"""A column of numbers as a column of bins, with a sentence on what is in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from core.data.bins import Bins, bin_edges, bin_names, bin_of, number_of
from core.data.fields import ColumnMap
from core.data.importing.column_content import column_cells
from core.data.table import Table
from core.errors import DataError, UsageError
from core.wording import counted, listed, quoted


def with_bins(table: Table, columns: ColumnMap, notices: list[str]) -> tuple[Table, tuple[str, ...]]:
    """The table with the name of a bin in place of each number of the label, and these names in ascending order; as it
    is, and without names, where no bins are asked for. What is no number is no label. DataError where hardly anything
    is one, or all of them are equal; UsageError where answers are free."""
    if not columns.label or columns.bins in (None, Bins()):
        return table, ()
    if columns.answers:
        raise UsageError(
            "Bins make labels of numbers, and with a scorer answers are no labels: leave the bins or the scorer out."
        )
    cells = [cell.strip() for cell in column_cells(table, columns.label)]
    numbers = [number_of(cell) for cell in cells]
    odd = [cell for cell, number in zip(cells, numbers, strict=True) if cell and number is None]
    edges = _edges(numbers, odd, columns)
    names = bin_names(edges)
    binned = ["" if number is None else names[bin_of(number, edges)] for number in numbers]
    rows = Counter(name for name in binned if name)
    parts = ", ".join(f"{quoted(name)} ({counted(rows[name], 'row')})" for name in names)
    notices.append(f"The numbers of column {quoted(columns.label)} were put into bins: {parts}.")
    if odd:
        notices.append(
            f"{counted(len(odd), 'cell')} of column {quoted(columns.label)} {'is' if len(odd) == 1 else 'are'} no number (such as "
            f"{quoted(odd[0])}), and counted as no label."
        )
    at = table.columns.index(columns.label)
    pairs = zip(table.rows, binned, strict=True)
    return replace(table, rows=tuple((*row[:at], name, *row[at + 1 :]) for row, name in pairs)), names


def bins_in_words(columns: ColumnMap, names: Sequence[str]) -> str:
    """Where labels come from, to be kept with the dataset; empty without bins."""
    return f"{columns.label} in bins: {', '.join(names)}" if names else ""


def _edges(numbers: Sequence[float | None], odd: Sequence[str], columns: ColumnMap) -> tuple[float, ...]:
    read = [number for number in numbers if number is not None]
    if len(odd) > len(read) or not read:
        such = f" (it holds {listed(odd, 1)})" if odd else ""
        raise DataError(
            f"The column {quoted(columns.label)} holds no numbers that could be put into bins{such}: leave the bins out, or "
            "choose another column."
        )
    assert columns.bins is not None
    edges = columns.bins.edges or bin_edges(read, columns.bins.count)
    if not edges:
        raise DataError(
            f"Nearly all numbers of column {quoted(columns.label)} are {quoted(f'{min(read):g}')}, so there are no bins with "
            "as many rows each: give the edges, or choose another column."
        )
    return edges
