"""JSON and JSON lines of no special shape: a column per key, and what is nested becomes columns such as
item.text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.data.fields import COLUMNS, cell_values
from core.data.formats.format import Format, SourceFile
from core.data.formats.reading.entries import Provenance, leaves
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.values import cell, label_cell, names_label
from core.data.importing.column_names import plain
from core.data.table import Table, check_growth, check_width, unique_columns
from core.errors import DataError
from core.types import Dataset

_BYTES = 8  # which a key with its value takes at the least, of some length
_LABEL_KEYS = frozenset("label labels category categories class intent sentiment topic tag tags cats".split())


def table_of_records(records: Sequence[Record], source: Provenance) -> Table:
    """A column per key, in the order in which keys appear; a key that a record lacks is an empty cell.
    DataError for too many."""
    index: dict[tuple[str, ...], int] = {}
    rows: list[Any] = []  # lists, and tuples once they are whole
    filled = 0
    for record in records:
        row = [""] * len(index)
        for path, value in leaves(_with_label_cells(record)):
            filled += 1
            at = index.setdefault(path, len(index))
            if at < len(row):
                row[at] = cell(value)
            else:
                row.append(cell(value))
        check_width(len(index))
        check_growth(len(rows), len(rows) * len(index), _BYTES * filled)
        rows.append(row)
    if not index:
        raise DataError("The file holds objects without any content: each needs a text and a label.")
    notices = list(source.notices)
    columns = unique_columns([".".join(path) for path in index], notices)
    # One after the other in place: not all of them twice.
    for at, row in enumerate(rows):
        rows[at] = (*row, *[""] * (len(index) - len(row)))
    return Table(
        *(columns, tuple(rows), source.encoding, "", tuple(notices), source.format),
        spreadsheet=False,
        left_out=source.left_out,
    )


def _with_label_cells(record: Record) -> Record:
    """With labels that are objects, {"name": "bug", "color": "red"}, as one cell instead of a column for each key."""
    objects = {
        key: label_cell(value)
        for key, value in record.items()
        if isinstance(value, Mapping) and plain(cell(key)) in _LABEL_KEYS and names_label(value)
    }
    return {**record, **objects} if objects else record


def json_lines(records: Iterable[Mapping[str, object]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def json_list(records: Iterable[Mapping[str, object]]) -> bytes:
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def _read(file: SourceFile) -> Table:
    records, lines = file.json_records
    return table_of_records(records, file.provenance("JSON lines" if lines else "JSON"))


def _records(dataset: Dataset) -> Iterable[Mapping[str, object]]:
    return (dict(zip(COLUMNS, cell_values(row), strict=True)) for row in dataset.examples)


JSON_LINES = Format(
    "jsonl",
    "JSON lines",
    ("jsonl", "ndjson"),
    "application/jsonl",
    lambda file: file.syntax == "json" and file.ending in ("jsonl", "ndjson"),
    _read,
    lambda dataset: json_lines(_records(dataset)),
)
JSON = Format(
    "json",
    "JSON",
    ("json",),
    "application/json",
    lambda file: file.syntax == "json",
    _read,
    lambda dataset: json_list(_records(dataset)),
)
