"""The cells of an Excel workbook as text, sheet by sheet. Formulas are not calculated, links to other files
are not followed.

python-calamine reads a sheet fifty times as fast as openpyxl, but fills the whole rectangle around its cells:
where a few of them lie far apart, which would be gigabytes, openpyxl reads them one by one."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.data.formats.excel.appearance import Appearance, Appearances
from core.data.formats.excel.number_formats import shown
from core.data.formats.excel.parts import Parts
from core.data.formats.reading.repeated import RepeatedStrings
from core.data.table import MAX_COLUMNS

MOST_ROWS = 1_048_576
MOST_BLANK = 10_000
# A control character as Excel writes it in XML; a lone CR is _x000D_. calamine reads it as what it is,
# openpyxl does not.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LARGEST_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows without blank ones before and after, each from column A on. `cut_off`: there are more than MOST_BLANK
    blank rows, and nothing below them was read. `merged` cells have the value of the one above that they are
    merged with; `hidden` rows are among them."""

    rows: list[list[str]]
    cut_off: bool = False
    merged: int = 0
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    visible: bool
    grid: Callable[[], Grid]


def sheets_of(parts: Parts) -> tuple[Sheet, ...]:
    """Worksheets of an .xlsx file in their order; `grid` reads one. What the readers raise for a damaged file goes
    through, down to Rust's panics, which are no Exception."""
    looks = Appearances(parts.raw)
    return tuple(_apart(parts, looks.of) if parts.scattered else _together(parts.raw, looks.of))


def sheets_of_other(raw: bytes) -> tuple[Sheet, ...]:
    """As `sheets_of`, of .xls, .xlsb and .ods."""
    return tuple(_together(raw, lambda name: Appearance()))


def _together(raw: bytes, look: Callable[[str], Appearance]) -> Iterator[Sheet]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

    workbook = load_workbook(io.BytesIO(raw))
    for sheet in workbook.sheets_metadata:
        if sheet.typ == SheetTypeEnum.WorkSheet:
            yield Sheet(
                sheet.name,
                sheet.visible == SheetVisibleEnum.Visible,
                partial(_sheet_grid, workbook, sheet.name, look),
            )


def _apart(parts: Parts, look: Callable[[str], Appearance]) -> Iterator[Sheet]:
    from openpyxl import load_workbook

    workbook = load_workbook(io.BytesIO(parts.raw), read_only=True, data_only=True, keep_links=False)
    for sheet in workbook.worksheets:
        sheet.reset_dimensions()  # what the file claims about its size is not believed
        last = min(parts.width, MAX_COLUMNS) + 1  # each row is filled up to there
        cells = partial(sheet.iter_rows, min_row=1, max_row=MOST_ROWS, max_col=last, values_only=True)
        yield Sheet(
            sheet.title, sheet.sheet_state == "visible", partial(_cells_grid, cells, sheet.title, look)
        )


def _sheet_grid(workbook: Any, name: str, look: Callable[[str], Appearance]) -> Grid:
    looks = look(name)  # first: the sheet's XML is as large as its cells
    return _grid(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=MOST_ROWS), looks)


def _cells_grid(
    cells: Callable[[], Iterable[Iterable[object]]], name: str, look: Callable[[str], Appearance]
) -> Grid:
    return _grid(map(_unescaped, cells()), look(name))


def _unescaped(values: Iterable[object]) -> list[object]:
    return [
        _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value) if isinstance(value, str) else value
        for value in values
    ]


def _grid(rows: Iterable[Sequence[object]], look: Appearance) -> Grid:
    grid: list[list[str]] = []
    repeated = RepeatedStrings()
    blank = merged = 0
    above: dict[tuple[int, int], str] = {}
    tops = {(first, column) for columns in look.merged.values() for column, first in columns.items()}
    for number, values in enumerate(rows):
        row = _row(values, look.formats.get(number, {}))
        above |= {(number, at): row[at] for at in range(len(row)) if (number, at) in tops} if tops else {}
        for column, first in look.merged.get(number, {}).items():
            merged += _fill(row, column, above.get((first, column), ""))
        while row and not row[-1]:
            row.pop()
        if any(text.strip() for text in row):
            grid += [[] for _ in range(blank)]
            blank = 0
            grid.append(list(map(repeated.once, row)))
        else:
            blank += bool(grid)
            if blank > MOST_BLANK:
                return Grid(grid, True, merged, look.hidden)
    return Grid(grid, False, merged, look.hidden)


def _row(values: Sequence[object], formats: Mapping[int, str]) -> list[str]:
    if values.count(None) == len(values):
        return []
    row = [value if type(value) is str else _cell(value) for value in values[: MAX_COLUMNS + 1]]
    for at, code in formats.items():
        value = values[at] if at < len(row) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            row[at] = shown(value, code) or row[at]
    return row


def _fill(row: list[str], column: int, value: str) -> bool:
    """Into a cell that is merged with one above it. Whether there was something to fill in."""
    if not value or not any(row) or (column < len(row) and row[column]):
        return False
    row += [""] * (column + 1 - len(row))
    row[column] = value
    return True


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT:
        return str(int(value))  # all numbers of a workbook are floating
    return str(value).removesuffix(" 00:00:00")  # a date may be a moment
