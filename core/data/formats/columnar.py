"""Columns of pyarrow, from a Parquet or Arrow file, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from core.data.formats import argilla
from core.data.formats.format import SourceFile
from core.data.formats.langsmith import LANGSMITH
from core.data.formats.mlflow import MLFLOW
from core.data.formats.openai.chat import OPENAI_CHAT
from core.data.formats.reading.described_names import ClassNames, name_notice, named, schema_names
from core.data.formats.reading.entries import Provenance
from core.data.formats.reading.values import cell
from core.data.formats.written_out import written_out
from core.data.table import Table, check_unpacked_size, unique_columns
from core.errors import DataError
from core.wording import listed, quoted

_ROWS = 5_000  # at once: files may hold all of them in one batch


def columnar_table(schema: Any, batches: Iterable[Any], title: str) -> Table:
    """DataError where there are no rows, or more than may be read. What pyarrow raises goes through."""
    names = schema.names
    values = _values(batches)  # used up, batch by batch: cells are in memory once
    if not values:
        raise DataError(
            f"The {title} file has columns ({listed(names)}) but no rows: write it again with a row per example."
        )
    if argilla.is_flattened(names):
        records = [
            dict(zip(names, row, strict=True)) for columns in values for row in zip(*columns, strict=True)
        ]
        return argilla.argilla_table(records, Provenance(argilla.TITLE, ""))
    classes = {name: each for name, each in schema_names(schema.metadata).items() if name in names}
    known = _of_another_kind(names, values, classes, title)
    if known:
        return known
    notices: list[str] = []
    columns = unique_columns(names, notices)
    notices += [name_notice(name, each) for name, each in classes.items()]
    rows: list[tuple[str, ...]] = []
    values.reverse()
    while values:
        cells = [_cells(column, classes.get(name)) for name, column in zip(names, values.pop(), strict=True)]
        rows += zip(*cells, strict=True)
    return Table(columns, tuple(rows), "", "", tuple(notices), title, spreadsheet=False)


def _of_another_kind(
    names: Sequence[str], values: Sequence[Sequence[list[Any]]], classes: ClassNames, title: str
) -> Table | None:
    """The table where rows are conversations, or records of MLflow or LangSmith."""
    first = SourceFile.of_records(list(islice(_records(names, values, classes), 5)))
    kind = next((kind for kind in (MLFLOW, LANGSMITH, OPENAI_CHAT) if kind.recognises(first)), None)
    every = SourceFile.of_records(list(_records(names, values, classes))) if kind else first
    if not kind or not kind.recognises(every):
        return None
    table = kind.read(every)
    return replace(table, format=f"{title}, {table.format}", encoding="")


def _records(
    names: Sequence[str], values: Sequence[Sequence[list[Any]]], classes: ClassNames
) -> Iterator[dict[str, Any]]:
    for batch in values:
        for row in zip(*batch, strict=True):
            yield {
                name: named(value, classes[name]) if name in classes else value
                for name, value in zip(names, row, strict=True)
            }


def _values(batches: Iterable[Any]) -> list[list[list[Any]]]:
    """The values of every column, batch by batch. A value that a dictionary holds once is in memory once."""
    values, size = [], 0
    for batch in (each.slice(at, _ROWS) for each in batches for at in range(0, each.num_rows, _ROWS)):
        size += sum(map(written_out, batch.columns))
        check_unpacked_size(size)
        names = batch.schema.names
        values.append([_column_values(*each) for each in zip(names, batch.columns, strict=True)])
    return values


def _column_values(name: str, column: Any) -> list[Any]:
    """DataError for dates and times that Python does not know, which only reach from the year 1 to 9999."""
    import pyarrow

    try:
        if not pyarrow.types.is_dictionary(column.type):
            return list(column.to_pylist())
        # Not by pyarrow's functions, which take some 50 MB once; and the dictionary may be that of all batches.
        indices, dictionary = column.indices.to_pylist(), column.dictionary
        known = {index: dictionary[index].as_py() for index in {*indices} - {None}}
        return [known.get(index) for index in indices]
    except (OverflowError, ValueError):
        raise DataError(
            f"The column {quoted(name)} holds dates, times or numbers that are out of range, of the type "
            f"{quoted(str(column.type), 40)}: write it as text, or leave it out."
        ) from None


def _cells(values: list[Any], names: Sequence[str] | None) -> list[str]:
    if values.count(None) == len(values):
        return [""] * len(values)
    return [_cell(value if names is None else named(value, names)) for value in values]


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return "" if value != value else str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return cell(value)
