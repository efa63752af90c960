"""Excel workbooks (.xlsx): the first sheet with rows, and one of our own. Formulas are not calculated: the
value that was last saved counts. Links to other files are not followed, and entities in the XML are
refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.data.formats.excel.cells import MOST_BLANK, Sheet, sheets_of
from core.data.formats.excel.parts import Parts, damaged, look_over
from core.data.formats.excel.writing import dataset_workbook
from core.data.formats.format import Format, SourceFile
from core.data.table import Table, unique_columns, without_empty_columns
from core.errors import DataError
from core.wording import counted, listed

_TITLE = "Excel"
MOST_CELLS = 50_000_000


def _read(file: SourceFile) -> Table:
    """The table; DataError in one sentence for what is no workbook, is damaged, too large or empty."""
    notices: list[str] = []
    try:
        parts = look_over(file.raw)
        grid = _first_grid(sheets_of(parts), notices)
    except DataError:
        raise
    except BaseException as wrong:  # the readers raise whatever comes for a file that is not as it should be
        if (
            isinstance(wrong, Exception) or type(wrong).__name__ == "PanicException"
        ):  # a panic of Rust, which is no Exception
            raise damaged() from None
        raise
    notices += _passed_over(parts)
    width = max(map(len, grid))
    if width * len(grid) > MOST_CELLS:
        raise DataError(
            f"The sheet spans {len(grid):,} rows and {counted(width, 'column')}: leave only those for texts, labels and notes."
        )
    header, *rest = [[*row, *[""] * (width - len(row))] for row in grid]
    columns = unique_columns(header, notices)
    rows = tuple(tuple(row) for row in rest)
    if not rows:
        raise DataError(
            f"The sheet has column names ({listed(columns)}) but no rows: add a row per example below them."
        )
    columns, rows = without_empty_columns(header, columns, rows)
    return Table(columns, rows, "", "", tuple(notices), _TITLE)


def _first_grid(sheets: Sequence[Sheet], notices: list[str]) -> list[list[str]]:
    """The rows of the first sheet that has any, visible ones first; other sheets are named in a notice."""
    for sheet in sorted(sheets, key=lambda sheet: not sheet.visible):
        grid, left = sheet.grid()
        if grid:
            if left:
                notices.append(
                    f"Below the table there are more than {MOST_BLANK:,} blank rows: what may stand beneath them was not read."
                )
            others = [other.name for other in sheets if other is not sheet]
            if others:
                notices.append(f"Only the sheet {listed([sheet.name])} was read, and not {listed(others)}.")
            return grid
    raise DataError(
        "The workbook is empty: it needs a row of column names, such as text and label, and a row per example."
    )


def _passed_over(parts: Parts) -> Iterator[str]:
    if parts.formulas:
        hold = "holds a formula" if parts.formulas == 1 else "hold formulas"
        yield f"{counted(parts.formulas, 'cell')} of the workbook {hold}: the value last saved was taken, nothing was calculated."
    if parts.errors:
        show = "shows an error" if parts.errors == 1 else "show errors"
        yield f"{counted(parts.errors, 'cell')} of the workbook {show} such as #N/A, which is no value: correct it if the row matters."


EXCEL = Format(
    "xlsx",
    _TITLE,
    ("xlsx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    lambda file: file.raw.startswith(b"PK\x03\x04"),
    _read,
    dataset_workbook,
)
