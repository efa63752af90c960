"""CSV and TSV, read and written; and cells that a spreadsheet would take for a formula.

Such a cell gets a leading ' (ASVS 1.2.10), and so does one that looks as if it had got one already:
`unescape_formula` then takes exactly one ' away, and every text survives the round trip."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from core.data.fields import COLUMNS, cell_values
from core.data.formats.format import Format, SourceFile
from core.data.table import Table
from core.types import Dataset

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escape_formula(cell: str) -> str:
    """`=1+1` becomes `'=1+1`; `'=1+1` becomes `''=1+1`; other cells stay as they are."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unescape_formula(cell: str) -> str:
    """The cell before `escape_formula`."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def csv_text(rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    """Lines end in CR LF (RFC 4180), so that a lone CR in a cell is quoted as well."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def dataset_csv(dataset: Dataset, delimiter: str = ",") -> str:
    """All rows in their order, excluded ones too, safe for spreadsheets; marks are "true" or empty."""
    rows = ([_cell(value) for value in cell_values(row)] for row in dataset.examples)
    return csv_text((COLUMNS, *rows), delimiter)


def _cell(value: str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return escape_formula(value)


def _read(file: SourceFile) -> Table:
    return file.table


CSV = Format(
    "csv",
    "CSV",
    ("csv", "tsv", "txt"),
    "text/csv",
    lambda file: True,
    _read,
    lambda dataset: dataset_csv(dataset).encode("utf-8-sig"),
)
TSV = Format(
    "tsv",
    "TSV",
    ("tsv",),
    "text/tab-separated-values",
    lambda file: file.syntax == "csv" and file.ending == "tsv",
    _read,
    lambda dataset: dataset_csv(dataset, "\t").encode(),
)
