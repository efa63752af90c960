"""Arrow and Feather files by pyarrow, which streamlit brings: with an index at the end, or as a stream, as the
folders of Hugging Face have them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from core.data.formats.columnar import columnar_table
from core.data.formats.format import Format, SourceFile
from core.data.table import Table, check_width
from core.errors import DataError

_FILE, _STREAM, _OLD_FEATHER = b"ARROW1", b"\xff\xff\xff\xff", b"FEA1"


def _read(source: SourceFile) -> Table:
    """The table; DataError in one sentence for a damaged or an empty file."""
    import pyarrow

    try:
        schema, batches = _opened(source.raw)
        check_width(len(schema.names))
        return columnar_table(schema, batches, "Arrow")
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError):
        raise DataError(
            "The Arrow file is damaged and cannot be read: write it again, or as CSV (UTF-8)."
        ) from None


def _opened(raw: bytes) -> tuple[Any, Iterator[Any]]:
    import pyarrow
    import pyarrow.feather

    if raw.startswith(_FILE):
        file = pyarrow.ipc.open_file(pyarrow.py_buffer(raw))
        return file.schema, (file.get_batch(at) for at in range(file.num_record_batches))
    if raw.startswith(_OLD_FEATHER):
        table = pyarrow.feather.read_table(io.BytesIO(raw))
        return table.schema, iter(table.to_batches())
    stream = pyarrow.ipc.open_stream(pyarrow.py_buffer(raw))
    return stream.schema, iter(stream)


ARROW = Format(
    "arrow",
    "Arrow",
    ("arrow", "feather"),
    "application/vnd.apache.arrow.file",
    lambda file: file.raw.startswith((_FILE, _STREAM, _OLD_FEATHER)),
    _read,
)
