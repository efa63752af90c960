"""Bytes of a delimited text file to a table of strings. Cells stay exactly what they are: `NA`, `001`,
leading spaces."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import dropwhile

from core.data.formats.reading.dialect import (
    DELIMITERS,
    NEVER,
    Record,
    chosen_delimiter,
    first_rows,
    records_of,
    sniffed_delimiter,
)
from core.data.formats.reading.encoding import decode_text
from core.data.formats.reading.header import (
    names_of_columns,
    names_text_and_label,
    titles_above,
    titles_left_out,
)
from core.data.formats.reading.long_text import LongText
from core.data.formulas import unescaped_rows
from core.data.table import Table, check_growth, without_empty_columns
from core.errors import DataError
from core.wording import counted, listed, quoted

_DECLARED = re.compile(r'"?sep=([^\w\s"]|\t)"?(?:\r\n|\n|\r)', re.IGNORECASE)  # Excel writes it
_LINE = re.compile(r"(?<![^\r\n])[^\r\n]*(?:\r\n|\n|\r)")  # looked for at the starts of lines alone
_RULE = re.compile(r"\s*(?::?-+:?\s*)?")  # below the column names of a Markdown table
_FIRST_ROWS = 25


def read_table(raw: bytes, encoding: str = "") -> Table:
    """Read a CSV or TSV file (comma, semicolon, tab or bar; quotes doubled inside quotes).

    `encoding` overrides the guess. Raises DataError, in one sentence, where the file cannot be read as it
    stands.
    """
    text, used, notices = decode_text(raw, encoding)
    held = LongText.of(text, raw, used, not notices)
    del text
    return read_text(held, used, notices)


def read_text(
    text: LongText, used: str, notices: list[str], delimiter: str = "", header: bool | None = None
) -> Table:
    """As `read_table`, of what `decode_text` gave, which nobody else need hold. `delimiter` and `header` as the user has them."""
    _refuse_other_formats(text.head)
    text, first_line, declared = _below_declaration(text)
    text, first_line = _below_titles(text, first_line, notices)
    cut = chosen_delimiter(delimiter) if delimiter else declared or sniffed_delimiter(text.head)
    records = list(dropwhile(_blank, records_of(text, cut, first_line, notices)))
    cells_of = [cells for _, cells in records]
    if unescaped_rows(cells_of, notices):
        records = [(line, cells) for (line, _), cells in zip(records, cells_of, strict=True)]
    del cells_of
    if cut == "|" and len(records) > 1 and all(map(_RULE.fullmatch, records[1][1])):
        records = [(line, tuple(map(str.strip, cells))) for line, cells in (records[0], *records[2:])]
    if not records:
        raise DataError(
            "The file is empty: it needs a line of column names, such as text,label, and a row per example."
        )
    first = list(records[0][1])
    columns, named = names_of_columns([cells for _, cells in records], header, notices)
    check_growth(len(records), len(records) * len(columns), len(text))
    del records[:named]
    rows = _rows(records, len(columns), notices)
    repeats = first if named and names_text_and_label(first) else []
    rows, left_out = _without(_without_nulls(rows, notices) if r"\N" in text else rows, repeats)
    if not rows:
        raise DataError(
            f"The file has column names ({listed(columns)}) but no rows: add a row per example below them."
        )
    columns, rows = without_empty_columns(first if named else [""] * len(columns), columns, rows)
    cut = "" if cut == NEVER else cut
    return Table(columns, rows, used, cut, tuple(notices), "TSV" if cut == "\t" else "CSV", left_out=left_out)


def _refuse_other_formats(text: str) -> None:
    start = text[:200].lstrip()
    for what, pattern in (
        ("JSON", r'\{\s*"|\[\s*[\[{]'),
        ("a web page", r"(?i)<!doctype|<html"),
        ("XML", r"<\?xml\s"),
    ):
        if re.match(pattern, start):
            raise DataError(
                f"The file looks like {what}, not like CSV: save it as CSV (UTF-8) with columns for the text and the label."
            )


def _blank(record: Record) -> bool:
    return not any(cell.strip() for cell in record[1])


def _below_declaration(text: LongText) -> tuple[LongText, int, str]:
    """The text below a possible `sep=;` line, the number of its first line, and the delimiter declared."""
    declared = _DECLARED.match(text.head)
    return (text.below(declared.end()), 2, declared[1]) if declared else (text, 1, "")


def _below_titles(text: LongText, first_line: int, notices: list[str]) -> tuple[LongText, int]:
    """The text without comments and titles above the column names, and the number of its first line."""
    lines = _LINE.findall(text.head, 0, 20_000)
    above = max(_titles(lines, delimiter) for delimiter in DELIMITERS) or _comments(lines, text.head)
    if not above:
        return text, first_line
    notices.append(titles_left_out(above, lines[0].strip()))
    return text.below(sum(map(len, lines[:above]))), first_line + above


def _titles(lines: Sequence[str], delimiter: str) -> int:
    return titles_above(
        [(first_rows(line, delimiter, 1) or [[""]])[0] or [""] for line in lines[:_FIRST_ROWS]]
    )


def _comments(lines: Sequence[str], text: str) -> int:
    """How many lines from the first on begin with # and are cut into other cells than the line below them: the
    last one may be the column names. In a file of one column such a line is a text."""
    n = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    below = text[sum(map(len, lines[:n])) :]
    delimiter = sniffed_delimiter(below) if n and below else NEVER
    if delimiter == NEVER:
        return 0
    last, first = (len(first_rows(each, delimiter, 1)[0]) for each in (lines[n - 1], below))
    return n - (last == first)


def _without(
    rows: tuple[tuple[str, ...], ...], names: Sequence[str]
) -> tuple[tuple[tuple[str, ...], ...], Mapping[str, int]]:
    """Where files were written one below the other, the column names stand in between."""
    others = tuple(row for row in rows if row != tuple(names))
    n = len(rows) - len(others)
    return others, {"the column names once more": n} if n else {}


def _without_nulls(rows: tuple[tuple[str, ...], ...], notices: list[str]) -> tuple[tuple[str, ...], ...]:
    r"""PostgreSQL and MySQL write \N where there is nothing."""
    n = sum(cell == r"\N" for row in rows for cell in row)
    if not n:
        return rows
    notices.append(
        f"{counted(n, 'cell')} with \\N, which databases write for nothing, {'was' if n == 1 else 'were'} left empty."
    )
    return tuple(
        tuple("" if cell == r"\N" else cell for cell in row) if r"\N" in row else row for row in rows
    )


def _rows(records: list[Record], width: int, notices: list[str]) -> tuple[tuple[str, ...], ...]:
    """Rows of exactly `width` cells. Surplus cells are an error unless they are empty. Records are used up, so that both
    are not in memory at once."""
    rows: list[tuple[str, ...]] = []
    short: list[int] = []
    while records and _blank(records[-1]):
        records.pop()
    records.reverse()
    while records:
        line, cells = records.pop()
        if len(cells) < width:
            short.append(line)
        rows.append(fitted((line, cells), width))
    if short:
        rows_short = counted(len(short), "row")
        notices.append(
            f"{rows_short} had too few cells (the first on line {short[0]:,}): the missing ones were left empty."
        )
    return tuple(rows)


def fitted(record: tuple[int, Sequence[str]], width: int) -> tuple[str, ...]:
    """A row of exactly `width` cells. DataError for surplus ones that are not empty."""
    line, cells = record
    if any(cell.strip() for cell in cells[width:]):
        raise DataError(
            f"Line {line:,} has {counted(len(cells), 'cell')} but there are {counted(width, 'column')}: "
            f"put quotation marks around a cell that holds the delimiter (it begins with {quoted(cells[0], 30)})."
        )
    whole = tuple(cells[:width])  # itself where it is one of that width, so that it is in memory once
    return whole if len(whole) == width else (*whole, *[""] * (width - len(whole)))
