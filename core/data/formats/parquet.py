"""Parquet by pyarrow, which streamlit brings. Read in batches, so that no more is unpacked than is
allowed."""

from __future__ import annotations

import io

from core.data.fields import FIELDS
from core.data.formats.columnar import columnar_table
from core.data.formats.format import Format, SourceFile
from core.data.table import Table, check_unpacked_size, check_width
from core.errors import DataError
from core.types import Dataset

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
        return columnar_table(file.schema_arrow, file.iter_batches(batch_size=_BATCH), _TITLE)
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError):
        raise DataError(
            "The Parquet file is damaged or encrypted and cannot be read: write it again, or as CSV (UTF-8)."
        ) from None


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
