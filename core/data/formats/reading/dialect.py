"""How a text file is cut into cells: at which delimiter, and whether quotation marks hold cells together."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal

from core.data.formats.reading.long_text import HEAD, LongText
from core.data.formats.reading.repeated import RepeatedStrings
from core.errors import DataError
from core.wording import counted, quoted

DELIMITERS = (",", ";", "\t", "|")
# Stands for "no delimiter" in a one-column file, so that commas inside its text are text.
NEVER = "\x1f"
# The csv module refuses cells over 131,072 characters unless its process-wide limit is raised. Always to the
# same number, so that it does not matter who raises it, or how often.
_CELL_LIMIT = 2**31 - 1
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_SNIFFED_ROWS, _SNIFFED = 50, HEAD
_NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "bar": "|", "space": " "}

Record = tuple[int, tuple[str, ...]]  # with the number of the line that it begins on
Quoting = Literal[0, 3]


def chosen_delimiter(typed: str) -> str:
    """A delimiter by itself or by name. DataError for what can be none."""
    delimiter = _NAMED.get(typed.strip().casefold(), typed)
    if len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise DataError(
            f"{quoted(typed)} cannot be the delimiter between cells: give one character, such as , or ; or | or tab."
        )
    return delimiter


def delimiter_by_name(ending: str, text: str) -> str:
    """The tab for a file whose name ends so and that has one in its first line, whatever else would cut it; "" for others."""
    return "\t" if ending in ("tsv", "tab") and "\t" in text.partition("\n")[0] else ""


def sniffed_delimiter(text: str) -> str:
    """The delimiter that occurs in the first line and cuts most of the first rows into as many cells as that
    one has."""
    best, best_score = NEVER, (-1.0, 0)
    for delimiter in DELIMITERS:
        for quoting in _QUOTED, _PLAIN:
            header, widths = _shape(text, delimiter, quoting)
            if header < 2:
                continue
            score = (sum(width == header for width in widths) / max(1, len(widths)), header)
            if score > best_score:
                best, best_score = delimiter, score
    return best


def first_rows(text: str, delimiter: str, n: int) -> list[list[str]]:
    return list(islice(_reader(_lines(text), delimiter, _QUOTED), n))


def records_of(text: LongText, delimiter: str, first_line: int, notices: list[str]) -> list[Record]:
    """Every record that is not blank. Quotation marks hold cells together unless lines would be lost in them.
    DataError where one is not closed."""
    try:
        records = list(_parsed(text, delimiter, first_line, _QUOTED))
    except DataError:
        # Tab-separated files are often written without any quoting: a quotation mark is then just a character.
        if delimiter not in ("\t", NEVER):
            raise
        plain = list(_parsed(text, delimiter, first_line, _PLAIN))
        notices.append(
            "Quotation marks in this file do not pair up, so they were read as ordinary characters."
        )
        return plain
    # A cell in which lines end otherwise than in the file has swallowed none of these.
    ends = [end for end in ("\r\n", "\n", "\r") if text.raw.endswith(end.encode())][:1] or ["\n", "\r"]
    if '"' not in text or not any(end in cell for _, cells in records for cell in cells for end in ends):
        return records
    if not _may_be_plain(
        _parsed(text, delimiter, first_line, _PLAIN)
    ):  # nearly always, and without a second copy
        return records
    plain = list(_parsed(text, delimiter, first_line, _PLAIN))
    begins = {line for line, _ in records}
    swallowed = [record for record in plain if record[0] not in begins]
    if swallowed and (delimiter == "\t" or _recur(records, plain)):
        notices.append(
            f"Between quotation marks {counted(len(swallowed), 'line')} of this file would have become parts of other rows "
            f"(from line {swallowed[0][0]:,} on), although each has all its cells: quotation marks were read as ordinary characters."
        )
        return plain
    return records


_QUOTED: Quoting = csv.QUOTE_MINIMAL
_PLAIN: Quoting = csv.QUOTE_NONE


def _may_be_plain(plain: Iterator[Record]) -> bool:
    """Whether lines, each read without quoting, are rows of as many cells as the first, whose names are not quoted."""
    names = next(plain)[1]
    quoted_names = any(name.startswith('"') for name in names)
    return not quoted_names and len(names) > 1 and all(len(cells) == len(names) for _, cells in plain)


def _recur(records: Sequence[Record], plain: Sequence[Record]) -> bool:
    """Whether each line in which a row goes on has a cell, as a label is one, that other rows have in the same
    column. Else it is a text of several lines: a comma may well stand in each."""
    ends = [line for line, _ in records[1:]] + [plain[-1][0] + 1]
    broken: list[Sequence[str]] = []
    whole: list[Sequence[str]] = []
    lines = iter(plain)
    line, cells = next(lines)
    for end in ends:
        row = []
        while line < end:
            row.append(cells)
            line, cells = next(lines, (end, ()))
        broken += row[:-1]
        whole += row if len(row) == 1 else []
    known = [{cells[at] for cells in whole[1:]} for at in range(len(plain[0][1]))]
    return all(any(cell and cell in known[at] for at, cell in enumerate(cells)) for cells in broken)


def _shape(text: str, delimiter: str, quoting: Quoting) -> tuple[int, list[int]]:
    reader = _reader(_lines(text[:_SNIFFED]), delimiter, quoting)
    widths = list(islice((len(cells) for cells in reader if cells), _SNIFFED_ROWS + 1))
    return (widths[0], widths[1:]) if widths else (0, [])


def _lines(text: str) -> Iterator[str]:
    # Not StringIO, which holds four bytes for each character, whatever it is.
    return (match[0] for match in _LINE.finditer(text))


def _reader(lines: Iterable[str], delimiter: str, quoting: Quoting, strict: bool = False) -> Any:
    csv.field_size_limit(_CELL_LIMIT)
    return csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=strict)


def _parsed(text: LongText, delimiter: str, first_line: int, quoting: Quoting) -> Iterator[Record]:
    # strict: without it an unclosed quote swallows the rest of the file in silence.
    reader = _reader(text.lines(), delimiter, quoting, strict=True)
    line = 0
    repeated = RepeatedStrings()
    try:
        for cells in reader:
            if cells:
                yield first_line + line, tuple(map(repeated.once, cells))
            line = reader.line_num
    except csv.Error as error:
        raise DataError(
            f"Line {first_line + line:,} has a cell that begins with a quotation mark but is not closed properly: "
            'put one " at its end and double each " inside it.'
        ) from error
