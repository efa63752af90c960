"""Arrow and Feather files by pyarrow, which streamlit brings: with an index at the end, or as a stream, as the
folders of Hugging Face have them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

from core.data.formats.columnar import columnar_table
from core.data.formats.format import Format, SourceFile
from core.data.table import Table, check_unpacked_size, check_width
from core.errors import DataError

_FILE, _STREAM, _OLD_FEATHER = b"ARROW1", b"\xff\xff\xff\xff", b"FEA1"
_INDEXED = 8  # bytes before the stream in a file with an index


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
    """The schema and the batches. A file with an index holds a stream, too, and is read as that."""
    import pyarrow
    import pyarrow.feather

    if raw.startswith(_OLD_FEATHER):
        table = pyarrow.feather.read_table(io.BytesIO(raw))
        return table.schema, iter(table.to_batches())
    source = raw[_INDEXED:] if raw.startswith(_FILE) else raw
    check_unpacked_size(sum(map(_unpacked, pyarrow.ipc.MessageReader.open_stream(pyarrow.py_buffer(source)))))
    stream = pyarrow.ipc.open_stream(pyarrow.py_buffer(source))
    return stream.schema, iter(stream)


def _unpacked(message: Any) -> int:
    """The bytes of a message's columns once unpacked, as its flatbuffer has them: a compressed column begins with
    its size. ValueError for a damaged
    one."""
    if message.body is None or message.type not in ("record batch", "dictionary"):
        return 0
    head, body = message.metadata.to_pybytes(), memoryview(message.body)
    try:
        batch = _followed(head, _field(head, _followed(head, 0), 2))
        if message.type == "dictionary":
            batch = _followed(head, _field(head, batch, 1))
        if not _field(head, batch, 3):  # nothing in it is compressed
            return len(body)
        buffers = _followed(head, _field(head, batch, 2))
        (count,) = struct.unpack_from("<I", head, buffers)
        places = struct.iter_unpack("<qq", head[buffers + 4 : buffers + 4 + 16 * count])
        return sum(max(struct.unpack_from("<q", body, at)[0], length) for at, length in places if length)
    except struct.error:
        raise ValueError("damaged") from None


def _followed(head: bytes, at: int) -> int:
    """Where what an offset leads to begins."""
    return int(at + struct.unpack_from("<I", head, at)[0])


def _field(head: bytes, table: int, number: int) -> int:
    """Where a field of a flatbuffer's table stands; 0 where it has none."""
    kinds = table - struct.unpack_from("<i", head, table)[0]
    if 4 + 2 * number >= struct.unpack_from("<H", head, kinds)[0]:
        return 0
    offset = struct.unpack_from("<H", head, kinds + 4 + 2 * number)[0]
    return int(table + offset) if offset else 0


ARROW = Format(
    "arrow",
    "Arrow",
    ("arrow", "feather"),
    "application/vnd.apache.arrow.file",
    lambda file: file.raw.startswith((_FILE, _STREAM, _OLD_FEATHER)),
    _read,
)
