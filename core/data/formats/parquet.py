"""Parquet by pyarrow, which streamlit brings. Read in batches, so that no more is unpacked than is
allowed."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.data.fields import FIELDS
from core.data.formats import argilla
from core.data.formats.format import Format, SourceFile
from core.data.formats.reading.entries import Provenance
from core.data.formats.reading.values import cell
from core.data.table import Table, check_unpacked_size, check_width, unique_columns
from core.errors import DataError
from core.types import Dataset
from core.wording import counted, listed, quoted

_TITLE = "Parquet"
_BATCH = 5_000


def _read(source: SourceFile) -> Table:
    """The table; DataError in one sentence for a damaged file, one that is too large once unpacked, or an
    empty one."""
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(source.raw))
        meta = file.metadata
        check_width(len(file.schema_arrow.names))
        check_unpacked_size(sum(meta.row_group(at).total_byte_size for at in range(meta.num_row_groups)))
        batches = _batches(file)
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError):
        raise DataError(
            "The Parquet file is damaged or encrypted and cannot be read: write it again, or as CSV (UTF-8)."
        ) from None
    names = file.schema_arrow.names
    if not batches:
        raise DataError(
            f"The Parquet file has columns ({listed(names)}) but no rows: write it again with a row per example."
        )
    if argilla.is_flattened(names):
        records = [
            dict(zip(names, row, strict=True)) for columns in batches for row in zip(*columns, strict=True)
        ]
        return argilla.argilla_table(records, Provenance(argilla.TITLE, ""))
    notices: list[str] = []
    columns = unique_columns(names, notices)
    meant = _class_names(file.schema_arrow, notices)
    rows = tuple(
        row
        for batch in batches
        for row in zip(
            *[_cells(values, meant.get(name)) for name, values in zip(names, batch, strict=True)], strict=True
        )
    )
    return Table(columns, rows, "", "", tuple(notices), _TITLE, spreadsheet=False)


def _batches(file: Any) -> list[list[list[Any]]]:
    """The values of every column, batch by batch. A value that a dictionary holds once is in memory once."""
    batches, size = [], 0
    for batch in file.iter_batches(batch_size=_BATCH):
        size += batch.nbytes
        check_unpacked_size(size)
        if batch.num_rows:
            batches.append([column.to_pylist() for column in batch.columns])
    return batches


def _cells(values: Sequence[object], names: Sequence[str] | None) -> list[str]:
    if names is None:
        return [_cell(value) for value in values]
    return [names[value] if isinstance(value, int) and 0 <= value < len(names) else "" for value in values]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping | list | tuple):
        return cell(value)
    return value if isinstance(value, str) else cell(value)


def _class_names(schema: Any, notices: list[str]) -> dict[str, list[str]]:
    """Hugging Face writes labels as numbers, and what they mean beside the schema."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        classes = {
            name: [str(label) for label in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict)
            and feature.get("_type") == "ClassLabel"
            and isinstance(feature.get("names"), list)
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    for name, labels in classes.items():
        example = ", ".join(f"{number} is {quoted(label)}" for number, label in enumerate(labels[:3]))
        notices.append(
            f"The numbers of column {quoted(name)} became the names that the file gives them ({example}; {counted(len(labels), 'name')})."
        )
    return classes


def _write(dataset: Dataset) -> bytes:
    import pyarrow
    import pyarrow.parquet

    arrays = [
        pyarrow.array(
            [getattr(row, field.name) for row in dataset.examples],
            pyarrow.bool_() if field.kind == "flag" else pyarrow.string(),
        )
        for field in FIELDS
    ]
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(arrays, names=[field.column for field in FIELDS]), out)
    return out.getvalue()


PARQUET = Format(
    "parquet",
    _TITLE,
    ("parquet",),
    "application/vnd.apache.parquet",
    lambda file: file.raw.startswith(b"PAR1"),
    _read,
    _write,
)
