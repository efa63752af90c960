"""Excel workbooks (.xlsx): the first sheet with rows, and one of our own. Formulas are not calculated: the
value that was last saved counts. Links to other files are not followed, and entities in the XML are
refused."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from core.data.fields import COLUMNS, cell_values
from core.data.formats.csv_text import escape_formula
from core.data.formats.excel.cells import MOST_BLANK, MOST_ROWS, Sheet, sheets_of
from core.data.formats.excel.parts import Parts, damaged, look_over
from core.data.formats.format import Format, SourceFile
from core.data.table import Table, unique_columns, without_empty_columns
from core.errors import DataError
from core.types import Dataset
from core.wording import counted, listed

_TITLE = "Excel"
MOST_CELLS = 50_000_000
LONGEST_CELL = 32_767
# XML can hold neither control characters nor a lone CR: Excel writes them as _x000D_, and so a text that
# looks like that.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


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


# ---- writing


def _write(dataset: Dataset) -> bytes:
    """Every text is a text cell and none begins like a formula (csv_text.py). DataError for what no cell of
    Excel can hold."""
    from openpyxl import Workbook

    if len(dataset.examples) >= MOST_ROWS:
        raise DataError(
            f"An Excel sheet holds {MOST_ROWS - 1:,} rows, and the dataset has more: export it as CSV or Parquet."
        )
    # Before the sheet is begun, for it lies in a temporary file until it is saved.
    rows = [[_written(value, row.id) for value in cell_values(row)] for row in dataset.examples]
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("examples")
    sheet.append(list(COLUMNS))
    for values in rows:
        sheet.append(
            [_text_cell(sheet, value) if isinstance(value, str) else value or None for value in values]
        )
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _written(text: str | bool, row: str) -> str | bool:
    if isinstance(text, bool):
        return text
    written = _UNSAFE.sub(lambda match: f"_x{ord(match[0]):04X}_", escape_formula(text))
    if len(written) > LONGEST_CELL:
        raise DataError(
            f"The row {listed([row])} has a text of {len(text):,} characters, and a cell of Excel holds {LONGEST_CELL:,}: "
            "export the dataset as CSV or Parquet."
        )
    return written


def _text_cell(sheet: Any, written: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if not written:
        return None
    cell = WriteOnlyCell(sheet, written)
    cell.data_type = "s"
    return cell


EXCEL = Format(
    "xlsx",
    _TITLE,
    ("xlsx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    lambda file: file.raw.startswith(b"PK\x03\x04"),
    _read,
    _write,
)
