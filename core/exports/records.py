"""Records as a file that other programs read, in the format of its name's ending (table_files.py). A record has a
value for every column: text, a number, true or false, or None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.exports.table_files import for_spreadsheets, table_bytes

Record = Mapping[str, object]


def records_file(columns: Sequence[str], records: Sequence[Record], name: str) -> bytes:
    """Numbers and flags stay what they are where the format has them; in spreadsheets what is not known is empty,
    flags are true and false. Raises as `table_bytes` does."""
    cell = _cell if for_spreadsheets(name) else _as_it_is
    return table_bytes(name, columns, [[cell(record[column]) for column in columns] for record in records])


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _as_it_is(value: object) -> object:
    return value
