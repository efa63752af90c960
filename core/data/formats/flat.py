"""Records of no special shape as a table: what is nested becomes columns such as item.text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.data.formats.values import cell
from core.data.table import Table, check_width, column_names
from core.errors import DataError

_DEEPEST = 8


def table_of_records(
    records: Sequence[Mapping[str, object]], encoding: str, notices: Sequence[str], format: str
) -> Table:
    """A column per key, in the order in which keys appear; a key that a record lacks is an empty cell.
    DataError for too many."""
    place: dict[tuple[str, ...], int] = {}
    rows: list[dict[int, str]] = []
    for record in records:
        row: dict[int, str] = {}
        for path, value in leaves(record):
            row[place.setdefault(path, len(place))] = cell(value)
        check_width(len(place))
        rows.append(row)
    if not place:
        raise DataError("The file holds objects without any content: each needs a text and a label.")
    told = list(notices)
    columns = column_names([".".join(path) for path in place], told)
    width = range(len(place))
    return Table(
        columns,
        tuple(tuple(row.get(at, "") for at in width) for row in rows),
        encoding,
        "",
        tuple(told),
        format,
        None,
        False,
    )


def leaves(record: Mapping[str, object], above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    """Everything in a record that is no object itself, with its keys from the outside in."""
    found: list[tuple[tuple[str, ...], object]] = []
    for key, value in record.items():
        path = (*above, cell(key))
        if isinstance(value, Mapping) and value and len(path) < _DEEPEST:
            found += leaves(value, path)
        else:
            found.append((path, value))
    return found
