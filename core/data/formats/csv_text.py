"""CSV and TSV, read and written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from core.data.fields import COLUMNS, cell_values
from core.data.formats.format import Format, SourceFile
from core.data.formulas import escape_formula
from core.data.table import Table
from core.types import Dataset


def csv_text(rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    """The one way in which CSV leaves: no text begins a formula (formulas.py), column names neither. Lines end in CR
    LF (RFC 4180), so that a lone CR in a cell is quoted as well."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(
        [escape_formula(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return out.getvalue()


def dataset_csv(dataset: Dataset, delimiter: str = ",") -> str:
    """All rows in their order, excluded ones too; marks are "true" or empty."""
    rows = ([_cell(value) for value in cell_values(row)] for row in dataset.examples)
    return csv_text((COLUMNS, *rows), delimiter)


def _cell(value: str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return value


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
