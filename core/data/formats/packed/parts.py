"""Several files that are one dataset: train.csv and test.csv, the shards of a Hugging Face folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.data.fields import ColumnMap
from core.data.formats.packed.compressed import ENDINGS as COMPRESSED
from core.data.formats.packed.names import is_data, part_of
from core.data.table import Table
from core.errors import DataError
from core.wording import counted, listed, quoted


def data_parts(parts: Mapping[str, bytes], endings: Sequence[str]) -> dict[str, bytes]:
    """Those that hold rows, in their order by name; of the same parts in several formats, one. DataError where
    there is none."""
    data = {name: parts[name] for name in sorted(parts) if is_data(name, endings) and parts[name]}
    if not data:
        raise DataError(
            f"None of the files holds data ({listed(sorted(parts), 5) if parts else 'there is none'}): "
            "it needs a table such as rows.csv, or train.csv and test.csv."
        )
    best: dict[str, str] = {}
    for name in data:
        stem = _stem_and_ending(name)[0]
        best[stem] = min(best.get(stem, name), name, key=lambda each: _order(each, endings))
    chosen = set(best.values())
    return {name: raw for name, raw in data.items() if name in chosen}


def _order(name: str, endings: Sequence[str]) -> int:
    ending = _stem_and_ending(name)[1]
    return endings.index(ending) if ending in endings else len(endings)


def _stem_and_ending(name: str) -> tuple[str, str]:
    """data/train and csv, of data/train.csv and of data/train.csv.gz."""
    stem, dot, ending = name.rpartition(".")
    if ending.casefold() in COMPRESSED and "." in stem:
        stem, dot, ending = stem.rpartition(".")
    return (stem, ending.casefold()) if dot and "/" not in ending else (name, "")


def joined_tables(tables: Mapping[str, Table], others: Sequence[str], noun: str = "file") -> Table:
    """One below the other, with a column `split` where the names of the files say so. `others` were not read.
    DataError, naming the files, where they are not parts of one table."""
    tables, odd = _alike(tables)
    unread = [*odd, *others]
    notices = []
    if unread:
        were = "was" if len(unread) == 1 else "were"
        notices.append(f"{counted(len(unread), f'other {noun}')} {were} not read: {listed(unread, 5)}.")
    if len(tables) == 1:
        only = next(iter(tables.values()))
        return replace(only, notices=(*only.notices, *notices))
    first = next(iter(tables.values()))
    columns = tuple(dict.fromkeys(column for table in tables.values() for column in table.columns))
    split = _parts(tables) if "split" not in columns else {}
    named = any(split.values())
    rows = tuple(
        (*row, split[name]) if named else row
        for name, table in tables.items()
        for row in _rows(table, columns)
    )
    sizes = ", ".join(f"{quoted(name)} {len(table.rows):,}" for name, table in tables.items())
    notices.append(f"{len(tables)} {noun}s were read as one ({sizes} rows){_as_parts(split)}.")
    return Table(
        (*columns, "split") if named else columns,
        rows,
        first.encoding,
        first.delimiter,
        tuple([*notices, *_told(tables)]),
        first.format if len({table.format for table in tables.values()}) == 1 else "several formats",
        _known(list(tables.values()), named),
        all(table.spreadsheet for table in tables.values()),
        left_out=dict(sum((Counter(table.left_out) for table in tables.values()), Counter())),
    )


def _alike(tables: Mapping[str, Table]) -> tuple[Mapping[str, Table], list[str]]:
    """The tables of one dataset: those whose names are of parts, and what has the same columns; and the names of
    the others."""
    parts = {name: table for name, table in tables.items() if part_of(name)} or tables
    columns = [set(table.columns) for table in parts.values()]
    widest = max(columns, key=len)
    if not all(len(each & widest) * 2 >= len(each) for each in columns) or (
        parts is tables and any(each != widest for each in columns)
    ):
        raise DataError(
            f"The files {listed(list(parts), 6)} have different columns: import one of them, or name those of one dataset "
            "after its parts, such as train.csv and test.csv."
        )
    alike = {name: table for name, table in tables.items() if name in parts or set(table.columns) == widest}
    return alike, [name for name in tables if name not in alike]


def _parts(names: Iterable[str]) -> dict[str, str]:
    """The split of each file by its name. Where none is for validation, those to train on are free to be."""
    parts = {name: part_of(name) for name in names}
    if "validation" in parts.values():
        return parts
    return {name: "" if part == "train" else part for name, part in parts.items()}


def _rows(table: Table, columns: Sequence[str]) -> Sequence[tuple[str, ...]]:
    if table.columns == columns:
        return table.rows
    at = {column: index for index, column in enumerate(table.columns)}
    order = [at.get(column, -1) for column in columns]
    return [tuple(row[index] if index >= 0 else "" for index in order) for row in table.rows]


def _as_parts(split: Mapping[str, str]) -> str:
    if not any(split.values()):
        return ""
    free = [name for name, part in split.items() if not part]
    return ", each as the part that its name says" + (
        f"; those of {listed(free, 3)} are split anew" if free else ""
    )


def _known(tables: Sequence[Table], named: bool) -> ColumnMap | None:
    known = tables[0].known
    if known is None or any(table.known != known for table in tables):
        return None
    return replace(known, split="split") if named and not known.split else known


def _told(tables: Mapping[str, Table]) -> list[str]:
    """What was told of each file, once."""
    files: dict[str, list[str]] = {}
    for name, table in tables.items():
        for notice in table.notices:
            files.setdefault(notice, []).append(name)
    return [f"{listed(names, 3)}: {notice}" for notice, names in files.items()]
