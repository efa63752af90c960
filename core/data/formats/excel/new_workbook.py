"""An Excel workbook of our own: one sheet, every text in a text cell."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from core.data.fields import COLUMNS, cell_values
from core.data.formats.excel.cells import MOST_ROWS
from core.data.formulas import begins_formula, escape_quote
from core.errors import DataError
from core.types import Dataset
from core.wording import listed

LONGEST_CELL = 32_767
# XML can hold neither control characters nor a lone CR: Excel writes them as _x000D_, and so a text that
# looks like that.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")


def dataset_workbook(dataset: Dataset) -> bytes:
    """DataError for what no cell of Excel can hold."""
    rows = [cell_values(row) for row in dataset.examples]
    return workbook_bytes(COLUMNS, rows, "examples", [row.id for row in dataset.examples])


def workbook_bytes(
    header: Sequence[str],
    rows: Sequence[Sequence[str | bool]],
    title: str = "rows",
    ids: Sequence[str] = (),
) -> bytes:
    """Text is text, whatever it begins with (formulas.py). `ids` name the rows in the DataError for what no cell or sheet
    of Excel can hold."""
    from openpyxl import Workbook

    if len(rows) >= MOST_ROWS:
        raise DataError(
            f"An Excel sheet holds {MOST_ROWS - 1:,} rows, and there are more: write them as CSV or Parquet."
        )
    # Before the sheet is begun, for it lies in a temporary file until it is saved.
    names = ids or [str(number) for number in range(1, len(rows) + 1)]
    written = [[_written(value, name) for value in row] for row, name in zip(rows, names, strict=True)]
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title)
    sheet.append([_text_cell(sheet, str(_written(name, "column names"))) for name in header])
    for values in written:
        sheet.append(
            [_text_cell(sheet, value) if isinstance(value, str) else value or None for value in values]
        )
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _written(text: str | bool, row: str) -> str | bool:
    if isinstance(text, bool):
        return text
    written = _UNSAFE.sub(lambda match: f"_x{ord(match[0]):04X}_", escape_quote(text))
    if len(written) > LONGEST_CELL:
        raise DataError(
            f"The row {listed([row])} has a text of {len(text):,} characters, and a cell of Excel holds {LONGEST_CELL:,}: "
            "write it as CSV or Parquet."
        )
    return written


def _text_cell(sheet: Any, written: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if not written:
        return None
    cell = WriteOnlyCell(sheet, written)
    cell.data_type = "s"
    cell.quotePrefix = begins_formula(written)  # so that it stays text when somebody edits it in Excel
    return cell
