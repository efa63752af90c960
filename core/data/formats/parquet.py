"""Parquet by pyarrow, which streamlit brings. Read in batches, so that no more is unpacked than is
allowed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from core.data.fields import FIELDS
from core.data.formats.columnar import columnar_table
from core.data.formats.format import Format, SourceFile
from core.data.table import Table, check_growth, check_unpacked_size, check_width
from core.errors import DataError
from core.types import Dataset

_TITLE = "Parquet"
_BATCH, _MOST_AT_ONCE = 5_000, 200_000_000  # rows; bytes


def _read(source: SourceFile) -> Table:
    """The table; DataError in one sentence for a damaged file, one that is too large once unpacked, or an
    empty one."""
    import pyarrow
    import pyarrow.parquet

    # pyarrow's own pool keeps what each batch took. Always set to the same, so that it does not matter who does it.
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    try:
        meta = pyarrow.parquet.read_metadata(pyarrow.BufferReader(source.raw))
        chunks = [
            meta.row_group(at).column(number)
            for at in range(meta.num_row_groups)
            for number in range(meta.num_columns)
        ]
        check_unpacked_size(sum(chunk.total_uncompressed_size for chunk in chunks))
        check_growth(meta.num_rows, sum(chunk.num_values for chunk in chunks), len(source.raw))
        # As dictionaries, so that a value that stands for many is not written out for each.
        texts = {chunk.path_in_schema for chunk in chunks if chunk.physical_type == "BYTE_ARRAY"}
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(source.raw), read_dictionary=sorted(texts))
        check_width(len(file.schema_arrow.names))
        return columnar_table(file.schema_arrow, file.iter_batches(_batch(chunks)), _TITLE)
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError):
        raise DataError(
            "The Parquet file is damaged or encrypted and cannot be read: write it again, or as CSV (UTF-8)."
        ) from None


def _batch(chunks: Sequence[Any]) -> int:
    """Rows to read at once: texts that are stored as the beginning of the one before, and an ending, may be as long as
    all endings together."""
    grown = [chunk.total_uncompressed_size for chunk in chunks if "DELTA_BYTE_ARRAY" in chunk.encodings]
    return max(1, min(_BATCH, _MOST_AT_ONCE // max(grown, default=1)))


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
