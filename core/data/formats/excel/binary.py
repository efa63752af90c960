"""Spreadsheets that are no .xlsx, looked over before a reader written in Rust gets them: .xls, .xlsb, .ods. It fills
the rectangle around all cells, and a size that was not bounded here would end the whole program."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

from core.data.table import check_unpacked_size
from core.errors import DataError

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MOST_CELLS = 10_000_000
_ROW_HEADER, _CELLS = 0, (*range(2, 12), 62)
_ODS = re.compile(
    rb"<table:(?P<kind>table-row|table-cell|covered-table-cell|table)(?P<more>(?:\s[^<>]*)?)/?>|(?P<text><text:p)"
)
_REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="(\d+)"')
_VALUE = re.compile(rb"office:(?:value-type|value|string-value)=")
# The record of a number format in an .xls file that begins with two zeros or more.
_ZEROS_OLD = re.compile(rb"\x1e\x04[\x00-\xff]{6}\x00(?:00+)")


def locked() -> DataError:
    return DataError(
        "The workbook is protected by a password: open it, take the password off, and save it again."
    )


def look_over_other(raw: bytes) -> bool:
    """Whether number formats of it may show zeros in front that are not read. DataError for a workbook that is
    locked, damaged, too large once unpacked, or whose cells lie too far apart."""
    if raw.startswith(OLD):
        if _ENCRYPTED in raw:
            raise locked()
        return bool(_ZEROS_OLD.search(raw))
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        check_unpacked_size(sum(part.file_size for part in archive.infolist()))
        names = archive.namelist()
        if "content.xml" in names:
            return _look_over_ods(archive)
        for name in names:
            if name.startswith("xl/worksheets/") and name.endswith(".bin"):
                _check_extent(*_extent(archive.read(name)))
        return "0\0000\0".encode("latin-1") in (
            archive.read("xl/styles.bin") if "xl/styles.bin" in names else b""
        )


def _extent(part: bytes) -> tuple[int, int]:
    """Rows and columns of the rectangle around the cells of an .xlsb sheet."""
    row = rows = columns = 0
    for kind, at in _records(part):
        number = int.from_bytes(part[at : at + 4], "little")
        if kind == _ROW_HEADER:
            row = number
        elif kind in _CELLS:
            rows, columns = max(rows, row + 1), max(columns, number + 1)
    return rows, columns


def _records(part: bytes) -> Iterator[tuple[int, int]]:
    """The kind of each record, and where its content begins."""
    at, end = 0, len(part)
    while at + 1 < end:
        kind = part[at]
        at += 1
        if kind & 128:
            kind, at = (kind & 127) | (part[at] << 7), at + 1
        size = shift = 0
        while at < end and shift < 28:
            byte = part[at]
            size, shift, at = size | (byte & 127) << shift, shift + 7, at + 1
            if not byte & 128:
                break
        yield kind, at
        at += size


def _look_over_ods(archive: zipfile.ZipFile) -> bool:
    if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read(
        "META-INF/manifest.xml"
    ):
        raise locked()
    content = archive.read("content.xml")
    if b"<!DOCTYPE" in content:
        raise DataError(
            "The spreadsheet is damaged and cannot be read: save it again as .xlsx or CSV (UTF-8)."
        )
    rows, columns, written = _ods_extent(content)
    _check_extent(rows, columns)
    check_unpacked_size(written)
    return bool(re.search(rb'<number:number [^<>]*min-integer-digits="(?:[2-9]|\d\d)', content))


def _ods_extent(content: bytes) -> tuple[int, int, int]:
    """As `_extent`, and the bytes of all texts: rows and cells may stand for many, and count where one after them has
    a value."""
    row = repeated = column = rows = columns = written = 0
    number, last = 1, 0
    for match in _ODS.finditer(content):
        written += max(1, repeated) * number * (match.start() - last) if last else 0
        last = 0
        kind, more = match["kind"], match["more"] or b""
        if kind:
            number = int(found[1]) if (found := _REPEATED.search(more)) else 1
        if kind == b"table":
            row = repeated = column = 0
        elif kind == b"table-row":
            row, repeated, column = row + repeated, number, 0
        elif kind:
            column += number
        if match["text"] or _VALUE.search(more):
            rows, columns = max(rows, row + repeated), max(columns, column)
            last = match.end()
    written += max(1, repeated) * number * (len(content) - last) if last else 0
    return rows, columns, written


def _check_extent(rows: int, columns: int) -> None:
    if rows * columns > _MOST_CELLS:
        raise DataError(
            f"The cells of the sheet span {rows:,} rows and {columns:,} columns: leave only those of the table, or save it as .xlsx."
        )
