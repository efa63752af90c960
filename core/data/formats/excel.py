"""Excel workbooks (.xlsx) by openpyxl: the first sheet with rows. Formulas are not calculated: the value that was last saved counts.
Links to other files are not followed, and entities in the XML are refused (defusedxml)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable

from core.data.formats.archives import names_in_workbook
from core.data.table import MAX_COLUMNS, Table, column_names, without_empty_columns
from core.data.wording import counted, listed
from core.data.writing import COLUMNS, quoted_for_spreadsheets
from core.errors import DataError
from core.types import Dataset

FORMAT = "Excel"
MOST_ROWS = 1_048_576
LONGEST_CELL = 32_767
# XML can hold neither control characters nor a lone CR: Excel writes them as _x000D_, and so a text that looks like that.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")


def read(raw: bytes) -> Table:
    """The table; DataError in one sentence for what is no workbook, is damaged, too large or empty."""
    names = names_in_workbook(raw)
    notices: list[str] = []
    try:
        grid = _first_grid(raw, notices)
        formulas = _formulas(raw, names)
    except DataError:
        raise
    except Exception:  # openpyxl raises whatever comes, down to KeyError, for a file that is not as it should be
        raise DataError("The Excel workbook is damaged or protected and cannot be read: save it again as .xlsx or CSV (UTF-8).") from None
    if formulas:
        hold = "holds a formula" if formulas == 1 else "hold formulas"
        notices.append(f"{counted(formulas, 'cell')} of the workbook {hold}: the value last saved was taken, nothing was calculated.")
    width = max(map(len, grid))
    header, *rest = [[*row, *[""] * (width - len(row))] for row in grid]
    columns = column_names(header, notices)
    rows = tuple(tuple(row) for row in rest)
    if not rows:
        raise DataError(f"The sheet has column names ({listed(columns)}) but no rows: add a row per example below them.")
    columns, rows = without_empty_columns(header, columns, rows)
    return Table(columns, rows, "", "", tuple(notices), FORMAT)


def _first_grid(raw: bytes, notices: list[str]) -> list[list[str]]:
    """The rows of the first sheet that has any, without blank ones before and after; other sheets are named in a notice."""
    from openpyxl import load_workbook

    workbook = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
    try:
        sheets = sorted(workbook.worksheets, key=lambda sheet: sheet.sheet_state != "visible")
        for sheet in sheets:
            grid = _grid(sheet)
            if grid:
                others = [other.title for other in sheets if other is not sheet]
                if others:
                    notices.append(f"Only the sheet {listed([sheet.title])} was read, and not {listed(others)}.")
                return grid
    finally:
        workbook.close()
    raise DataError("The workbook is empty: it needs a row of column names, such as text and label, and a row per example.")


def _grid(sheet) -> list[list[str]]:
    # What the file claims about its size is not believed: rows and columns are bounded here.
    sheet.reset_dimensions()
    grid: list[list[str]] = []
    blank = 0
    for values in sheet.iter_rows(min_row=1, max_row=MOST_ROWS, max_col=MAX_COLUMNS + 1, values_only=True):
        last = next((at for at in range(len(values), 0, -1) if values[at - 1] is not None), 0)
        row = [_cell(value) for value in values[:last]]
        if not any(text.strip() for text in row):
            blank += bool(grid)
            continue
        grid += [[] for _ in range(blank)]
        blank = 0
        grid.append(row)
    return grid


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)
    return str(value).removesuffix(" 00:00:00")  # a date is a moment to openpyxl


def _formulas(raw: bytes, names: Iterable[str]) -> int:
    """How many cells hold a formula."""
    found = 0
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for name in names:
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with archive.open(name) as part:
                    tail = b""
                    while piece := part.read(1_000_000):
                        found += len(_FORMULA.findall(tail + piece))
                        tail = piece[-1:] if piece.endswith(b"<") else _open_tag(piece)
    return found


def _open_tag(piece: bytes) -> bytes:
    """The beginning of a tag that the next piece ends."""
    at = piece.rfind(b"<", -40)
    return piece[at:] if at >= 0 and b">" not in piece[at:] and not _FORMULA.match(piece[at:]) else b""


# ---- writing

def write(dataset: Dataset) -> bytes:
    """Every text is a text cell and none begins like a formula (writing.py). DataError for what no cell of Excel can hold."""
    from openpyxl import Workbook

    if len(dataset.examples) >= MOST_ROWS:
        raise DataError(f"An Excel sheet holds {MOST_ROWS - 1:,} rows, and the dataset has more: export it as CSV or Parquet.")
    # Before the sheet is begun, for it lies in a temporary file until it is saved.
    rows = [[_written(text, row.id) for text in (row.id, row.text, row.label, row.note)] for row in dataset.examples]
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("examples")
    sheet.append(list(COLUMNS))
    for texts, row in zip(rows, dataset.examples, strict=True):
        sheet.append([*(_text_cell(sheet, text) for text in texts), row.excluded or None, row.canonical or None, row.split or None])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _written(text: str, row: str) -> str:
    written = _UNSAFE.sub(lambda match: f"_x{ord(match[0]):04X}_", quoted_for_spreadsheets(text))
    if len(written) > LONGEST_CELL:
        raise DataError(
            f"The row {listed([row])} has a text of {len(text):,} characters, and a cell of Excel holds {LONGEST_CELL:,}: "
            "export the dataset as CSV or Parquet."
        )
    return written


def _text_cell(sheet, written: str):
    from openpyxl.cell import WriteOnlyCell

    if not written:
        return None
    cell = WriteOnlyCell(sheet, written)
    cell.data_type = "s"
    return cell
