"""Bytes of a delimited text file to a table of strings. Cells stay exactly what they are: `NA`, `001`,
leading spaces."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import dropwhile, islice
from typing import Literal

from core.data.formats.reading.encoding import decode_text
from core.data.table import Table, unique_columns, without_empty_columns
from core.errors import DataError
from core.wording import counted, listed, quoted

DELIMITERS = (",", ";", "\t", "|")
# The csv module refuses cells over 131,072 characters unless its process-wide limit is raised. Always to the
# same number, so that it does not matter who raises it, or how often.
_CELL_LIMIT = 2**31 - 1
# Stands for "no delimiter" in a one-column file, so that commas inside its text are text.
_NEVER = "\x1f"
_SNIFFED_ROWS = 50


def read_table(raw: bytes, encoding: str = "") -> Table:
    """Read a CSV or TSV file (comma, semicolon, tab or bar; quotes doubled inside quotes).

    `encoding` overrides the guess. Raises DataError, in one sentence, where the file cannot be read as it
    stands.
    """
    return read_text(*decode_text(raw, encoding))


def read_text(text: str, used: str, notices: list[str]) -> Table:
    """As `read_table`, of what `decode_text` gave."""
    _refuse_other_formats(text)
    csv.field_size_limit(_CELL_LIMIT)
    delimiter, text, first_line = _delimiter(text)
    records = list(dropwhile(_blank, _records(text, delimiter, first_line, notices)))
    if not records:
        raise DataError(
            "The file is empty: it needs a line of column names, such as text,label, and a row per example."
        )
    _, header = records[0]
    columns = unique_columns(header, notices)
    rows = _rows(records[1:], len(columns), notices)
    if not rows:
        raise DataError(
            f"The file has column names ({listed(columns)}) but no rows: add a row per example below them."
        )
    columns, rows = without_empty_columns(header, columns, rows)
    cut = "" if delimiter == _NEVER else delimiter
    return Table(columns, rows, used, cut, tuple(notices), "TSV" if cut == "\t" else "CSV")


def _refuse_other_formats(text: str) -> None:
    start = text[:200].lstrip()
    for what, pattern in (("JSON", r'\{\s*"|\[\s*[\[{]'), ("a web page", r"(?i)<!doctype|<html")):
        if re.match(pattern, start):
            raise DataError(
                f"The file looks like {what}, not like CSV: save it as CSV (UTF-8) with columns for the text and the label."
            )


def _blank(record: tuple[int, list[str]]) -> bool:
    return not any(cell.strip() for cell in record[1])


def _delimiter(text: str) -> tuple[str, str, int]:
    """The delimiter, the text below a possible `sep=;` line (Excel writes it), and the number of its first
    line."""
    declared = re.match(r'"?sep=([,;\t|])"?(?:\r\n|\n|\r)', text, re.IGNORECASE)
    if declared:
        return declared[1], text[declared.end() :], 2
    return _sniff(text), text, 1


def _sniff(text: str) -> str:
    """The delimiter that occurs in the header and cuts most of the first rows into as many cells as the
    header has."""
    best, best_score = _NEVER, (-1.0, 0)
    for delimiter in DELIMITERS:
        header, widths = _shape(text, delimiter)
        if header < 2:
            continue
        score = (sum(width == header for width in widths) / max(1, len(widths)), header)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _shape(text: str, delimiter: str) -> tuple[int, list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    widths = list(islice((len(cells) for cells in reader if cells), _SNIFFED_ROWS + 1))
    return (widths[0], widths[1:]) if widths else (0, [])


def _records(
    text: str, delimiter: str, first_line: int, notices: list[str]
) -> Iterator[tuple[int, list[str]]]:
    """Every record that is not blank, with the number of the line it begins on."""
    try:
        return iter(list(_parsed(text, delimiter, first_line, csv.QUOTE_MINIMAL)))
    except DataError:
        if delimiter not in ("\t", _NEVER):
            raise
    # Tab-separated files are often written without any quoting: a quotation mark is then just a character.
    notices.append("Quotation marks in this file do not pair up, so they were read as ordinary characters.")
    return _parsed(text, delimiter, first_line, csv.QUOTE_NONE)


def _parsed(
    text: str, delimiter: str, first_line: int, quoting: Literal[0, 3]
) -> Iterator[tuple[int, list[str]]]:
    # strict: without it an unclosed quote swallows the rest of the file in silence.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, strict=True)
    line = 0
    try:
        for cells in reader:
            if cells:
                yield first_line + line, cells
            line = reader.line_num
    except csv.Error as error:
        raise DataError(
            f"Line {first_line + line:,} has a cell that begins with a quotation mark but is not closed properly: "
            'put one " at its end and double each " inside it.'
        ) from error


def _rows(
    records: list[tuple[int, list[str]]], width: int, notices: list[str]
) -> tuple[tuple[str, ...], ...]:
    """Rows of exactly `width` cells. Surplus cells are an error unless they are empty."""
    rows: list[tuple[str, ...]] = []
    short: list[int] = []
    while records and _blank(records[-1]):
        records.pop()
    for line, cells in records:
        if len(cells) > width:
            if any(cell.strip() for cell in cells[width:]):
                raise DataError(
                    f"Line {line:,} has {counted(len(cells), 'cell')} but there are {counted(width, 'column')}: "
                    f"put quotation marks around a cell that holds the delimiter (it begins with {quoted(cells[0], 30)})."
                )
            del cells[width:]
        elif len(cells) < width:
            short.append(line)
            cells += [""] * (width - len(cells))
        rows.append(tuple(cells))
    if short:
        rows_short = counted(len(short), "row")
        notices.append(
            f"{rows_short} had too few cells (the first on line {short[0]:,}): the missing ones were left empty."
        )
    return tuple(rows)
