"""How large the cells of a sheet are once every text that several of them share is written out, and how many stand in
one row: found before a reader makes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.errors import DataError

_ITEM = re.compile(rb"<(?:\w+:)?si[\s/>]")
_SHARED = re.compile(rb"""<(?:\w+:)?c\s[^<>]*\bt=["']s["'][^<>]*>\s*<(?:\w+:)?v[^<>]*>\s*(\d{1,9})\s*<""")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_MOST_IN_ROW = 16_384  # which Excel has


def shared_lengths(part: bytes) -> list[int]:
    """Of each shared text, with its XML, in bytes."""
    starts = [match.start() for match in _ITEM.finditer(part)]
    return [end - start for start, end in zip(starts, [*starts[1:], len(part)], strict=False)]


def written_out(sheet: bytes, lengths: Sequence[int]) -> int:
    """Bytes of all shared texts of a sheet, each as often as it stands there."""
    most = max(lengths, default=0)
    if most * sheet.count(b"<") < _NEVER_TOO_MUCH:
        return 0
    return sum(lengths[at] for each in _SHARED.finditer(sheet) if (at := int(each[1])) < len(lengths))


def counted_rows(sheet: bytes) -> int:
    """How many rows there are. DataError for one of more cells than Excel has columns."""
    end = rows = 0
    for row in _ROW.finditer(sheet):
        end = _checked(sheet, end, row.start())
        rows += 1
    _checked(sheet, end, len(sheet))
    return rows


def _checked(sheet: bytes, start: int, end: int) -> int:
    if (end - start) > _SHORTEST * _MOST_IN_ROW and sum(
        1 for _ in _CELL.finditer(sheet, start, end)
    ) > _MOST_IN_ROW:
        raise DataError(
            f"A row of the sheet has more than the {_MOST_IN_ROW:,} cells that Excel knows: save it again as .xlsx or CSV (UTF-8)."
        )
    return end


_SHORTEST = 4  # bytes of a cell
_NEVER_TOO_MUCH = 1_000_000
