"""A table as the kind of file that its name's ending says, as `classify` and predictions are
written."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.data.formats.csv_text import csv_text
from core.data.formats.excel.new_workbook import workbook_bytes
from core.errors import UsageError
from core.wording import listed, quoted

Rows = Sequence[Sequence[Any]]  # text; numbers, flags and None where the format has them


def table_bytes(name: str, header: Sequence[str], rows: Rows) -> bytes:
    """CSV where the name has no ending, such as `-` or that of a pipe. UsageError for an ending that is none of
    `table_endings`, DataError for what such a file cannot hold."""
    ending, packed = _ending(name)
    content = _WRITERS[ending](header, rows)
    return gzip.compress(content, mtime=0) if packed else content  # the same rows give the same bytes


def table_chunks(name: str, header: Sequence[str], parts: Iterable[Rows]) -> Iterator[bytes]:
    """The same file bit by bit, of rows that come in parts and are all text: no more than one part is in memory. UsageError for
    an ending that is none of GROWING."""
    ending = _ending(name)[0]
    if not name.casefold().endswith(GROWING):
        raise UsageError(
            f"{quoted(name)} cannot be written part by part: end its name in {listed(GROWING, 20)}."
        )
    if ending == "parquet":
        yield from _parquet_chunks(header, parts)
        return
    write = _WRITERS[ending]
    named = ending in _SPREADSHEETS
    if named:
        yield write(header, [])
    for rows in filter(None, parts):
        yield write(rows[0], rows[1:]) if named else write(header, rows)


def _parquet_chunks(header: Sequence[str], parts: Iterable[Rows]) -> Iterator[bytes]:
    """A row group for each part."""
    import pyarrow
    import pyarrow.parquet

    out = _Drain()
    schema = pyarrow.schema([(name, pyarrow.string()) for name in header])
    with pyarrow.parquet.ParquetWriter(out, schema) as writer:
        for rows in parts:
            writer.write_table(_arrow_table(header, rows).cast(schema))
            yield out.drained()
    yield out.drained()


class _Drain(io.RawIOBase):
    """A file of which what has been written is taken away bit by bit."""

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._written.append(bytes(content))
        self._size += len(self._written[-1])
        return len(self._written[-1])

    def tell(self) -> int:
        return self._size

    def drained(self) -> bytes:
        content, self._written = b"".join(self._written), []
        return content


def check_ending(name: str) -> None:
    """Before anything is spent on what is to be written. UsageError."""
    _ending(name)


def table_endings() -> tuple[str, ...]:
    return tuple(
        "." + ending + packed
        for ending in _WRITERS
        if ending
        for packed in ("", ".gz")
        if not packed or ending in _TEXT
    )


def for_spreadsheets(name: str) -> bool:
    """Whether a file of this name is one that spreadsheets open."""
    return _ending(name)[0] in _SPREADSHEETS


def _ending(name: str) -> tuple[str, bool]:
    """The ending, in small letters and without that of gzip, and whether that was there."""
    parts = name.replace("\\", "/").rpartition("/")[2].casefold().lstrip(".").split(".")
    packed = parts[-1] == "gz" and len(parts) > 1
    last = parts[1:][-1 - packed :][:1]
    ending = last[0] if last else ""
    if ending not in _WRITERS or (packed and ending not in _TEXT):
        raise UsageError(
            f"No file that ends like {quoted(name)} can be written: end its name in {listed(table_endings(), 20)}."
        )
    return ending, packed


def _csv(header: Sequence[str], rows: Rows) -> bytes:
    return csv_text((header, *rows)).encode("utf-8", "replace")


def _tsv(header: Sequence[str], rows: Rows) -> bytes:
    return csv_text((header, *rows), "\t").encode("utf-8", "replace")


def _json_lines(header: Sequence[str], rows: Rows) -> bytes:
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in _records(header, rows)).encode(
        "utf-8", "replace"
    )


def _json(header: Sequence[str], rows: Rows) -> bytes:
    return (json.dumps(_records(header, rows), ensure_ascii=False, indent=1) + "\n").encode(
        "utf-8", "replace"
    )


def _records(header: Sequence[str], rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(header, row, strict=True)) for row in rows]


def _parquet(header: Sequence[str], rows: Rows) -> bytes:
    import pyarrow.parquet

    out = io.BytesIO()
    pyarrow.parquet.write_table(_arrow_table(header, rows), out)
    return out.getvalue()


def _arrow(header: Sequence[str], rows: Rows) -> bytes:
    import pyarrow.feather

    out = io.BytesIO()
    pyarrow.feather.write_feather(_arrow_table(header, rows), out, compression="uncompressed")
    return out.getvalue()


def _arrow_table(header: Sequence[str], rows: Rows) -> Any:
    import pyarrow

    columns = list(zip(*rows, strict=True)) or [()] * len(header)
    return pyarrow.table([_arrow_array(column) for column in columns], names=list(header))


def _arrow_array(column: Sequence[Any]) -> Any:
    """Of the one type that its values have; text where there are none."""
    import pyarrow

    kinds = {type(value) for value in column} - {type(None)}
    if kinds and kinds <= {bool, int, float}:
        one = {frozenset({bool}): pyarrow.bool_(), frozenset({int}): pyarrow.int64()}
        return pyarrow.array(column, one.get(frozenset(kinds), pyarrow.float64()))
    whole = [None if cell is None else str(cell).encode("utf-8", "replace").decode() for cell in column]
    return pyarrow.array(whole, pyarrow.string())


_WRITERS: Mapping[str, Callable[[Sequence[str], Rows], bytes]] = {
    "": _csv,
    "csv": _csv,
    "tsv": _tsv,
    "txt": _csv,
    "jsonl": _json_lines,
    "ndjson": _json_lines,
    "json": _json,
    "parquet": _parquet,
    "arrow": _arrow,
    "feather": _arrow,
    "xlsx": workbook_bytes,
}
_TEXT = ("csv", "tsv", "txt", "jsonl", "ndjson", "json")
GROWING = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_SPREADSHEETS = ("", "csv", "tsv", "txt", "xlsx")
