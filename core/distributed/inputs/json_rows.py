"""Objects of a JSON lines file one by one, a line each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from core.data.formats.format import ReadOptions
from core.data.formats.json_records import table_of_records
from core.data.formats.reading.entries import Provenance
from core.data.formats.reading.json_text import Record, read_value
from core.data.formats.registry import open_file
from core.data.table import Table, check_width
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

_PLAIN = Provenance("JSON lines", "utf-8")
_TOGETHER = 100  # objects looked at together for new keys


def plan_json_lines(path: Path, options: ReadOptions) -> tuple[InputPlan, Table]:
    """As plan_delimited."""
    digest, columns = hashlib.sha256(), dict[str, None]()
    spans = _noted(path, columns, digest.update)
    blocks = tuple(blocks_of(spans))
    if not blocks:
        raise DataError("The file holds no objects: it needs one a line, with a text in each.")
    layout = Layout(str(path), "jsonl", tuple(columns))
    first = [record for _, record in islice(_records(path, 0, blocks[-1].end), HEAD_ROWS)]
    with path.open("rb") as file:
        raw = b"".join(islice(file, HEAD_ROWS))
    head = open_file(raw, "head.jsonl", options)
    plain = _table(layout, first[: len(head.rows)])
    at = [layout.columns.index(name) for name in head.columns if name in columns]
    rows = tuple(tuple(row[place] for place in at) for row in plain.rows)
    if head.format not in ("JSON lines", "JSON") or len(at) != len(head.columns) or rows != head.rows:
        raise DataError(
            f"{path} has objects of a shape of its own ({head.format}), which cannot be cut into blocks: classify it without "
            '--engine ray, or write its texts as {"text": …}, one object a line.'
        )
    return InputPlan(layout, blocks, digest.hexdigest()), plain


def json_lines_block(layout: Layout, block: RowBlock) -> Table:
    return _table(layout, [record for _, record in _records(Path(layout.path), block.start, block.end)])


def _table(layout: Layout, records: list[Record]) -> Table:
    table = table_of_records(records, _PLAIN)
    at = {name: place for place, name in enumerate(table.columns)}
    places = [at.get(name) for name in layout.columns]
    rows = tuple(tuple("" if place is None else row[place] for place in places) for row in table.rows)
    return Table(layout.columns, rows, "utf-8", "", (), _PLAIN.format, spreadsheet=False)


def _noted(path: Path, columns: dict[str, None], on_line: Callable[[bytes], None]) -> Iterator[RowSpan]:
    """The bytes of each object; notes its keys as columns, in the order in which they come."""
    seen: set[tuple[str, ...]] = set()
    waiting: list[Record] = []
    for span, record in _records(path, 0, None, on_line):
        keys = tuple(record)
        if keys not in seen or any(isinstance(value, Mapping) for value in record.values()):
            seen.add(keys)
            waiting.append(record)
        if len(waiting) >= _TOGETHER:
            _note(waiting, columns)
        yield span
    _note(waiting, columns)


def _note(records: list[Record], columns: dict[str, None]) -> None:
    if records and any(records):
        names = table_of_records([record for record in records if record], _PLAIN).columns
        columns.update(dict.fromkeys(names))
        check_width(len(columns))
    records.clear()


def _records(
    path: Path, start: int, end: int | None, on_line: Callable[[bytes], None] = lambda raw: None
) -> Iterator[tuple[RowSpan, Record]]:
    with path.open("rb") as file:
        at = file.seek(start)
        for line, raw in enumerate(raw_lines(file, end, on_line), 1):
            if len(raw) > MOST_ROW:
                raise too_long(line)
            if raw.strip():
                yield RowSpan(at, at + len(raw)), _record(raw, line)
            at += len(raw)


def _record(raw: bytes, line: int) -> Record:
    try:
        value = read_value(raw.decode("utf-8-sig" if line == 1 else "utf-8").strip())
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise DataError(
            f"Line {line:,} is not one JSON object in UTF-8, which --engine ray takes: write an object a line, without line breaks "
            "inside."
        )
    return value
