"""Rows of a delimited file one by one, from anywhere where a row begins."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

from core.data.formats.format import ReadOptions
from core.data.formats.reading.delimited import fitted
from core.data.formats.reading.dialect import chosen_delimiter, delimiter_by_name, sniffed_delimiter
from core.data.formats.reading.header import names_text_and_label
from core.data.formats.registry import open_file
from core.data.formulas import unescape_formula
from core.data.table import Table
from core.distributed.inputs.blocks import (
    HEAD_ROWS,
    MOST_ROW,
    InputPlan,
    Layout,
    RowBlock,
    RowSpan,
    blocks_of,
    raw_lines,
    too_long,
)
from core.errors import DataError
from core.wording import quoted

_SNIFFED = 1_000_000
_MARK = b"\xef\xbb\xbf"
_CELL_LIMIT = 2**31 - 1  # as core/data/formats/reading/dialect.py has it


def plan_delimited(path: Path, options: ReadOptions) -> tuple[InputPlan, Table]:
    """The file in blocks, and its first rows as any command reads them. DataError where they are not what its lines alone
    say, or a later row cannot be read."""
    with path.open("rb") as file:
        sample = file.read(_SNIFFED)
        encoding = _encoding(options.encoding)
        text = sample.removeprefix(_MARK).decode(encoding, "replace")
        named = options.delimiter or delimiter_by_name(path.suffix[1:].casefold(), text)
        delimiter = chosen_delimiter(named) if named else sniffed_delimiter(text)
        file.seek(0)
        rows = _Rows(raw_lines(file), encoding, delimiter)
        first = [cells for _, _, cells in rows.take(HEAD_ROWS + 1)]
        file.seek(0)
        head = open_file(file.read(rows.end), path.name, options)
        has_names = len(head.rows) < len(first)
        header = tuple(first[0]) if has_names else ()
        layout = Layout(str(path), "csv", head.columns, encoding, delimiter, header)
        plain = [
            fitted((number, cells), len(head.columns)) for number, cells in enumerate(first[has_names:], 2)
        ]
        if head.format not in ("CSV", "TSV") or [tuple(row) for row in head.rows] != _unrepeated(
            plain, first
        ):
            raise DataError(
                f"{path} is no plain table that can be cut into blocks (the first line names the columns, a row a line below "
                "it): classify it without --engine ray, or save it as such."
            )
        digest = hashlib.sha256()
        file.seek(0)
        every = _Rows(raw_lines(file, on_line=digest.update), encoding, delimiter)
        blocks = tuple(blocks_of(_spans(every, layout)))
        return InputPlan(layout, blocks, digest.hexdigest()), head


def delimited_block(layout: Layout, block: RowBlock) -> Table:
    """The rows of one block."""
    with Path(layout.path).open("rb") as file:
        file.seek(block.start)
        rows = _Rows(raw_lines(file, block.end), layout.encoding, layout.delimiter, block.start)
        header = list(layout.header)
        cells = tuple(
            fitted((line, found), len(layout.columns))
            for line, _, found in rows.take(None)
            if not _is_header(found, header)
        )
    return Table(layout.columns, cells, layout.encoding, layout.delimiter, (), spreadsheet=layout.spreadsheet)


class _Rows:
    """Records of these lines, which begin at the byte `at` of their file. `line`, `start` and `end` say where the latest one
    stands."""

    def __init__(self, lines: Iterator[bytes], encoding: str, delimiter: str, at: int = 0):
        self._raw, self._encoding = lines, encoding
        self.start = self.end = at
        self.line = 1
        csv.field_size_limit(_CELL_LIMIT)
        self._reader = csv.reader(self._lines(), delimiter=delimiter, strict=True)

    def take(self, most: int | None) -> Iterator[tuple[int, RowSpan, list[str]]]:
        """(line, bytes, cells) of each that has cells. DataError."""
        number = 0
        while number != most:
            line = self.line = 1 + self._reader.line_num
            self.start = self.end
            try:
                cells = next(self._reader, None)
            except csv.Error as wrong:
                raise DataError(
                    f"Line {line:,} cannot be read as cells ({wrong}): close its quotation marks, and end lines with a line feed."
                ) from None
            if cells is None:
                return
            if cells:
                number += 1
                blank = not any(map(str.strip, cells))
                yield line, RowSpan(self.start, self.end, blank), [*map(unescape_formula, cells)]

    def _lines(self) -> Iterator[str]:
        first = not self.end
        for raw in self._raw:
            self.end += len(raw)
            if self.end - self.start > MOST_ROW:
                raise too_long(self.line)
            if first and raw.startswith(_MARK):
                raw = raw[len(_MARK) :]
            first = False
            yield self._text(raw)

    def _text(self, raw: bytes) -> str:
        line = 1 + self._reader.line_num
        try:
            text = raw.decode(self._encoding)
        except UnicodeDecodeError:
            raise DataError(
                f"Line {line:,} is not {self._encoding.upper()} text: say which encoding the file has with --encoding, or save it as "
                "UTF-8."
            ) from None
        if "\0" in text:
            raise DataError(
                f"Line {line:,} holds a NUL byte, so it is no plain text: save the file as CSV (UTF-8)."
            )
        return text


def _spans(rows: _Rows, layout: Layout) -> Iterator[RowSpan]:
    header = list(layout.header)
    for number, (line, span, cells) in enumerate(rows.take(None)):
        if (number or not header) and not _is_header(cells, header):
            fitted((line, cells), len(layout.columns))  # refused before anything is asked
            yield span


def _is_header(cells: list[str], header: list[str]) -> bool:
    """Where files were written one below the other, the column names stand in between."""
    return cells == header and names_text_and_label(header)


def _unrepeated(rows: list[tuple[str, ...]], first: list[list[str]]) -> list[tuple[str, ...]]:
    kept = [row for row in rows if not _is_header(list(row), first[0])]
    while kept and not any(map(str.strip, kept[-1])):
        kept.pop()
    return kept


def _encoding(typed: str) -> str:
    """DataError for one whose lines do not end in the byte of a line feed."""
    try:
        ends = "\n".encode(typed or "utf-8")
    except LookupError:
        raise DataError(
            f"There is no text encoding named {quoted(typed)}: choose one such as utf-8 or cp1252."
        ) from None
    if ends != b"\n":
        raise DataError(f"A file in {typed} cannot be cut into blocks: save it as UTF-8.")
    return typed or "utf-8"
