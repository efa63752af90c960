"""Rows typed or pasted by hand, as a table like any other. Lines are "text,label"; a line of column names is
not needed."""

from __future__ import annotations

from collections.abc import Iterable

from core.data.fields import LABEL_NAMES, TEXT_NAMES
from core.data.formats.reading.delimited import read_table
from core.data.importing.column_names import is_named
from core.data.table import Table
from core.errors import DataError
from core.wording import quoted

COLUMNS = ("text", "label")


def read_pasted(text: str) -> Table:
    """Lines of "text,label" or "text<tab>label": the label is what follows the last tab, or else the last
    comma, so that commas in the text need no quotes. Lines below column names are read as a CSV file. Raises
    DataError."""
    lines = text.splitlines()
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not numbered:
        raise DataError("Nothing was pasted: write one row per line, as text,label.")
    if _are_names(numbered[0][1]):
        return read_table(text.strip().encode("utf-8", "surrogatepass"), "utf-8")
    pairs = [_pair(number, line) for number, line in numbered]
    return _table(pairs)


def read_typed(rows: Iterable[tuple[str, str]]) -> Table:
    """Pairs of text and label. Pairs of two blanks are left out; DataError for half a pair, or none."""
    filled = [
        (number, text, label)
        for number, (text, label) in enumerate(rows, start=1)
        if text.strip() or label.strip()
    ]
    for number, text, label in filled:
        if not text.strip() or not label.strip():
            raise DataError(
                f"Row {number:,} has no {'label' if text.strip() else 'text'}: fill it in, or empty the row."
            )
    if not filled:
        raise DataError("No rows yet: type a text and its label in each row.")
    return _table([(text, label) for _, text, label in filled])


def _are_names(line: str) -> bool:
    for delimiter in ("\t", ",", ";"):
        names = [name.strip().strip('"') for name in line.split(delimiter)]
        if (
            len(names) > 1
            and any(is_named(name, TEXT_NAMES) for name in names)
            and any(is_named(name, LABEL_NAMES) for name in names)
        ):
            return True
    return False


def _pair(number: int, line: str) -> tuple[str, str]:
    text, mark, label = line.rpartition("\t" if "\t" in line else ",")
    text, label = _bare(text), _bare(label)
    if not mark or not text or not label:
        missing = "text" if mark and label else "label"
        raise DataError(
            f"Line {number:,} ({quoted(line, 40)}) has no {missing}: write each line as text,label."
        )
    return text, label


def _bare(cell: str) -> str:
    """Without white space and one pair of quotation marks around it, as spreadsheets and CSV files have
    them."""
    cell = cell.strip()
    return cell[1:-1].replace('""', '"').strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _table(pairs: list[tuple[str, str]]) -> Table:
    return Table(COLUMNS, tuple(pairs), "utf-8", ",", ())
