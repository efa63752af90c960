"""Files that are compressed by themselves: rows.csv.gz, rows.jsonl.bz2, rows.csv.xz."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib

from core.data.table import check_unpacked_size
from core.errors import DataError

ENDINGS = ("gz", "bz2", "xz")
_MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz"}
_PIECE = 1_000_000


def uncompressed(raw: bytes, name: str) -> tuple[bytes, str]:
    """What is inside, and its name; other files as they are. No more is unpacked than may be read. DataError."""
    kind = next((kind for magic, kind in _MAGIC.items() if raw.startswith(magic)), "")
    if not kind:
        return raw, name
    inner = name[: -len(kind) - 1] if name.casefold().endswith("." + kind) else name
    if name.casefold().endswith((".tgz", ".tbz2", ".txz")):
        inner = name.rpartition(".")[0] + ".tar"
    try:
        return _unpacked(raw, kind), inner
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
        raise DataError(
            "The compressed file is damaged or was cut off: compress it again, or import the file inside."
        ) from None


def _unpacked(raw: bytes, kind: str) -> bytes:
    """In pieces: what a compressed file says of its size, if it does, need not be true."""
    pieces: list[bytes] = []
    size = 0
    with _opened(raw, kind) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            check_unpacked_size(size)
            pieces.append(piece)
    return b"".join(pieces)


def _opened(raw: bytes, kind: str) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    source = io.BytesIO(raw)
    if kind == "gz":
        return gzip.GzipFile(fileobj=source)
    return bz2.BZ2File(source) if kind == "bz2" else lzma.LZMAFile(source)
