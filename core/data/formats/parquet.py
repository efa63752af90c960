"""Parquet by pyarrow, which streamlit brings. Read in batches, so that no more is unpacked than is
allowed."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence

from core.data.csv_text import COLUMNS
from core.data.formats import argilla
from core.data.formats.archives import check_size
from core.data.formats.entries import Source
from core.data.formats.values import cell
from core.data.table import Table, check_width, column_names
from core.errors import DataError
from core.types import Dataset
from core.wording import counted, listed, quoted

FORMAT = "Parquet"
_BATCH = 5_000


def read(raw: bytes) -> Table:
    """The table; DataError in one sentence for a damaged file, one that is too large once unpacked, or an
    empty one."""
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(raw))
        meta = file.metadata
        check_width(len(file.schema_arrow.names))
        check_size(sum(meta.row_group(at).total_byte_size for at in range(meta.num_row_groups)))
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
    if argilla.is_flat(names):
        records = [
            dict(zip(names, row, strict=True)) for columns in batches for row in zip(*columns, strict=True)
        ]
        return argilla.read(records, Source(argilla.FORMAT, ""))
    notices: list[str] = []
    columns = column_names(names, notices)
    meant = _class_names(file.schema_arrow, notices)
    rows = tuple(
        row
        for batch in batches
        for row in zip(
            *[_cells(values, meant.get(name)) for name, values in zip(names, batch, strict=True)], strict=True
        )
    )
    return Table(columns, rows, "", "", tuple(notices), FORMAT, None, False)


def _batches(file) -> list[list[list]]:
    """The values of every column, batch by batch. A value that a dictionary holds once is in memory once."""
    batches, size = [], 0
    for batch in file.iter_batches(batch_size=_BATCH):
        size += batch.nbytes
        check_size(size)
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


def _class_names(schema, notices: list[str]) -> dict[str, list[str]]:
    """Hugging Face writes labels as numbers, and what they mean beside the schema."""
    try:
        told = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = told["info"]["features"]
        found = {
            name: [str(label) for label in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict)
            and feature.get("_type") == "ClassLabel"
            and isinstance(feature.get("names"), list)
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    for name, labels in found.items():
        example = ", ".join(f"{number} is {quoted(label)}" for number, label in enumerate(labels[:3]))
        notices.append(
            f"The numbers of column {quoted(name)} became the names that the file gives them ({example}; {counted(len(labels), 'name')})."
        )
    return found


def write(dataset: Dataset) -> bytes:
    import pyarrow
    import pyarrow.parquet

    rows = dataset.examples
    columns = (
        [row.id for row in rows],
        [row.text for row in rows],
        [row.label for row in rows],
        [row.note for row in rows],
        [row.excluded for row in rows],
        [row.canonical for row in rows],
        [row.split for row in rows],
    )
    kinds = [pyarrow.bool_() if name in ("exclude", "canonical") else pyarrow.string() for name in COLUMNS]
    arrays = [pyarrow.array(values, kind) for values, kind in zip(columns, kinds, strict=True)]
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(arrays, names=list(COLUMNS)), out)
    return out.getvalue()
