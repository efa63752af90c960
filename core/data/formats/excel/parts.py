"""What an Excel workbook is made of, looked over before a reader written in Rust gets it: there, a size that
was not bounded here would end the whole program instead of raising an error."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

from core.data.formats.excel.appearance import column_number
from core.data.formats.excel.shared import counted_rows, shared_lengths, written_out
from core.data.table import MAX_COLUMNS, check_growth, check_unpacked_size
from core.errors import DataError

# A cell or row, and one that is written as Excel does it, with its place: calamine takes tags that are no XML
# and reads on.
_TAG = re.compile(rb"<(?:[^<>\s/:]+:)?(?:c|row)[\s/>]")
_OTHERS = rb'(?:\s+(?!r=)[\w:.\-]+="[^"<>]*")*+'
_PLACED = re.compile(
    rb"<(?:[^<>\s/:]+:)?(?:c|row)" + _OTHERS + rb'\s+r="([A-Z]{0,3})([0-9]{1,7})"' + _OTHERS + rb"\s*/?>"
)
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_ERROR = re.compile(rb'<(?:\w+:)?c\s[^<>]*\bt="e"')
# calamine reads _x000D_ and its like up to _x00FF_, but not these two, which XML cannot hold.
_NO_CHARACTER = re.compile(rb"_x(005[Ff]|[Ff]{3}[EeFf])_")
_NOT_NEEDED = ("xl/drawings/", "xl/charts/", "xl/externallinks/", "xl/pivotcache/", "xl/pivottables/")
_FREE = 5_000_000
_FREE_BYTES, _MOST_TIMES = 10_000_000, 50


@dataclass(frozen=True, slots=True)
class Parts:
    """`raw` is the workbook packed anew for calamine: only what cells need, and no part larger than it said.
    `scattered`: the rectangle around all cells is much larger than they are many, or can't be told; `raw` is
    as it was. `width`: columns up to the last one with a cell; MAX_COLUMNS where that can't be told. `formulas` and
    `errors` count cells."""

    raw: bytes
    scattered: bool
    width: int
    formulas: int
    errors: int


def damaged() -> DataError:
    return DataError(
        "The Excel workbook is damaged or protected and cannot be read: save it again as .xlsx or CSV (UTF-8)."
    )


def look_over(raw: bytes) -> Parts:
    """DataError for what is no workbook, is too large once unpacked, or holds entities, which may make a few
    lines into gigabytes."""
    out = io.BytesIO()
    rows = columns = tags = placed = formulas = errors = written = told_rows = 0
    shared: list[int] = []
    names = sorted(
        dict.fromkeys(names_in_workbook(raw)), key=lambda name: "sharedstrings" not in name.casefold()
    )
    # Packed, as calamine has copies of its own of all; as fast as it can be.
    bare_file = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, bare_file as bare:
        for name in names:
            if not name.casefold().endswith((".xml", ".rels")) or name.casefold().startswith(_NOT_NEEDED):
                continue
            part = _read(archive, name)
            if b"<!DOCTYPE" in part:
                raise damaged()
            if name.casefold() == "xl/sharedstrings.xml":
                shared = shared_lengths(part)
            found = _placed(part)
            tags, placed = tags + sum(1 for _ in _TAG.finditer(part)), placed + found[0]
            rows, columns = max(rows, found[1]), max(columns, found[2])
            if name.casefold().startswith("xl/worksheets/"):
                formulas, errors = formulas + len(_FORMULA.findall(part)), errors + len(_ERROR.findall(part))
                written += written_out(part, shared)
                check_unpacked_size(written)
                told_rows += counted_rows(part)
            bare.writestr(name, _NO_CHARACTER.sub(_character, part))
    scattered = placed < tags or rows * columns > max(_FREE, 4 * tags)
    width = columns if placed == tags else MAX_COLUMNS
    if scattered:  # each row is filled up to the last column
        check_growth(told_rows, told_rows * min(width, MAX_COLUMNS), len(raw))
    return Parts(raw if scattered else out.getvalue(), scattered, width, formulas, errors)


def _placed(part: bytes) -> tuple[int, int, int]:
    """How many cells and rows have their place, the last row and the last column. One by one: a list of all would take
    more than the part itself."""
    count = last = 0
    letters: set[bytes] = set()
    for match in _PLACED.finditer(part):
        count += 1
        letters.add(match[1])
        last = max(last, int(match[2]))
    return count, last, max(map(column_number, letters), default=0)


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """In pieces: at once, Python unpacks more than the size that a part has by its own account before it cuts
    it off there."""
    with archive.open(name) as part:
        return b"".join(iter(lambda: part.read(1_000_000), b""))


def _character(escaped: re.Match[bytes]) -> bytes:
    number = int(escaped[1], 16)
    return escaped[0] if number == ord("_") else chr(number).encode()


def names_in_workbook(raw: bytes) -> list[str]:
    """The parts of an Excel workbook. DataError for other archives, and for one that is too large once
    unpacked: no more than the declared size of a part is ever read from it."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        raise DataError(
            "The file begins like an Excel workbook but is damaged: save it again as .xlsx or CSV (UTF-8)."
        ) from None
    names = [part.filename for part in parts]
    if not any(name.endswith("workbook.xml") for name in names):
        raise DataError(
            "The file is a ZIP archive, not an Excel workbook: unpack it and import the file inside."
        )
    size = sum(part.file_size for part in parts)
    check_unpacked_size(size)
    if size > _FREE_BYTES + _MOST_TIMES * len(raw):
        raise DataError(
            f"Unpacked, the workbook has {size / 1e6:,.0f} MB, over {_MOST_TIMES} times its size: most cells must be empty or "
            "alike. Copy the table into a new workbook, or save it as CSV (UTF-8)."
        )
    return names
