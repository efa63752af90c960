"""Arrow and Feather files by pyarrow, which streamlit brings: with an index at the end, or as a stream, as the
folders of Hugging Face have them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.data.formats.columnar import columnar_table
from core.data.formats.format import Format, SourceFile
from core.data.table import Table, check_growth, check_unpacked_size, check_width
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
    parts = [
        _Part.of(message) for message in pyarrow.ipc.MessageReader.open_stream(pyarrow.py_buffer(source))
    ]
    check_unpacked_size(sum(part.unpacked for part in parts))
    check_growth(sum(part.rows for part in parts), sum(part.values for part in parts), len(raw))
    stream = pyarrow.ipc.open_stream(pyarrow.py_buffer(source))
    return stream.schema, iter(stream)


@dataclass(frozen=True, slots=True)
class _Part:
    """What a message says of its columns, as its flatbuffer has it: bytes once unpacked, rows, and values, which take no
    byte where all are null."""

    unpacked: int = 0
    rows: int = 0
    values: int = 0

    @classmethod
    def of(cls, message: Any) -> _Part:
        """ValueError for a damaged one."""
        if message.type not in ("record batch", "dictionary"):
            return cls()
        head, body = message.metadata.to_pybytes(), memoryview(message.body or b"")
        try:
            batch = _followed(head, _field(head, _followed(head, 0), 2))
            if message.type == "dictionary":
                batch = _followed(head, _field(head, batch, 1))
            rows = _field(head, batch, 0)
            values = sum(length for length, _ in _pairs(head, _field(head, batch, 1)))
            count = struct.unpack_from("<q", head, rows)[0] if rows else 0
            return cls(_unpacked(head, batch, body), count, values)
        except struct.error:
            raise ValueError("damaged") from None


def _unpacked(head: bytes, batch: int, body: memoryview) -> int:
    """A compressed column begins with its size."""
    if not _field(head, batch, 3):  # nothing in it is compressed
        return len(body)
    places = _pairs(head, _field(head, batch, 2))
    return sum(max(struct.unpack_from("<q", body, at)[0], length) for at, length in places if length)


def _pairs(head: bytes, field: int) -> Iterator[tuple[Any, ...]]:
    """Of a vector of structs of two long numbers."""
    if not field:
        return iter(())
    vector = _followed(head, field)
    (count,) = struct.unpack_from("<I", head, vector)
    return struct.iter_unpack("<qq", head[vector + 4 : vector + 4 + 16 * count])


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
