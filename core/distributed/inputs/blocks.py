"""A file cut into blocks of rows, each of which a worker reads by itself: where a block stands, and how rows are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from core.errors import DataError

BLOCK_ROWS = 500
HEAD_ROWS = 200  # by which it is told what the columns are, as the whole file is otherwise
MOST_ROW = 16_000_000  # bytes: one quotation mark that is not closed would else take the rest of the file into memory


@dataclass(frozen=True, slots=True)
class RowBlock:
    """`number` from 0. Its rows stand from byte `start` to byte `end`; in Parquet they are so many rows of the row `group`,
    from the row `start` on."""

    number: int
    rows: int
    start: int
    end: int
    group: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """How every block of a file is read. `kind` is csv, jsonl or parquet. Of a delimited file: its encoding, what stands between
    its cells, and the cells of its first line where that names the columns."""

    path: str
    kind: str
    columns: tuple[str, ...]
    encoding: str = ""
    delimiter: str = ""
    header: tuple[str, ...] = ()

    @property
    def spreadsheet(self) -> bool:
        """As `Table` has it."""
        return self.kind == "csv"


@dataclass(frozen=True, slots=True)
class InputPlan:
    """`fingerprint`: of the content."""

    layout: Layout
    blocks: tuple[RowBlock, ...]
    fingerprint: str

    @property
    def rows(self) -> int:
        return sum(block.rows for block in self.blocks)


@dataclass(frozen=True, slots=True)
class RowSpan:
    """A row's bytes."""

    start: int
    end: int
    blank: bool = False


def blocks_of(spans: Iterable[RowSpan], most: int = BLOCK_ROWS) -> Iterator[RowBlock]:
    """Blocks of `most` rows. Blank rows at the end of the file are none."""
    number = rows = filled = start = end = 0
    waiting: list[RowBlock] = []  # those that end in blank rows, the first without them
    for span in spans:
        start = start if rows else span.start
        rows += 1
        if not span.blank:
            yield from waiting
            waiting, filled, end = [], rows, span.end
        if rows == most:
            block = RowBlock(number, rows, start, span.end)
            if span.blank:
                waiting.append(block)
                if len(waiting) == 1:
                    last = RowBlock(number, filled, start, end)
            else:
                yield block
            number, rows, filled = number + 1, 0, 0
    if not waiting:
        last = RowBlock(number, filled, start, end)
    if last.rows:
        yield last


def raw_lines(
    file: BinaryIO, until: int | None = None, on_line: Callable[[bytes], None] = lambda raw: None
) -> Iterator[bytes]:
    """From where the file stands up to the byte `until`, or to its end. A line of more than MOST_ROW bytes comes in pieces: who
    reads it refuses the first of them."""
    at = file.tell()
    while until is None or at < until:
        if not (raw := file.readline(MOST_ROW + 1)):
            return
        at += len(raw)
        on_line(raw)
        yield raw


def too_long(line: int) -> DataError:
    return DataError(
        f"The row that begins on line {line:,} has more than {MOST_ROW // 10**6} MB: close its quotation mark, or shorten it."
    )
