"""A file imported again: what the planned update means for the stored rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, func, select
from sqlalchemy import Row as SqlRow

from core.data.fields import FLAGS, UPDATED
from core.errors import DataError, UsageError
from core.store.codec import storable
from core.store.records import Row
from core.store.rows.change_sets import stale
from core.store.rows.changes import CellChange, checked_label, value_text
from core.store.rows.examples import new_row
from core.store.schema.tables import examples
from core.types import SPLITS, Example

FIELDS = (*(field.name for field in UPDATED), "source")


class Difference(Protocol):
    @property
    def example_id(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def before(self) -> str | bool: ...
    @property
    def after(self) -> str | bool: ...


class Update(Protocol):
    """As core/data/importing/update.py plans it."""

    @property
    def added(self) -> Sequence[Example]: ...
    @property
    def changed(self) -> Sequence[Difference]: ...


def update_changes(planned: Sequence[Difference], stored: Mapping[str, SqlRow[Any]]) -> list[CellChange]:
    """What differs from the rows as they are stored; of several changes of one field the last counts."""
    wanted = {(each.example_id, each.field): each for each in planned}
    return [change for each in wanted.values() if (change := _change(each, stored[each.example_id]))]


def _change(wanted: Difference, stored: SqlRow[Any]) -> CellChange | None:
    """None if the row has the new value already."""
    row, field = wanted.example_id, wanted.field
    if field not in FIELDS:
        raise UsageError("“" + field + "” of a row cannot be updated: use " + ", ".join(FIELDS) + ".")
    before, after, now = (
        value_text(wanted.before),
        value_text(wanted.after),
        value_text(getattr(stored, field)),
    )
    if field == "label":
        after = checked_label(after, " of row “" + row + "”")
    if field == "split" and after and after not in SPLITS:
        raise DataError("“" + after + "” is no split: use train, validation or test.")
    if field in FLAGS and not isinstance(wanted.after, bool):
        raise UsageError("“" + field + "” of row “" + row + "” is neither yes nor no.")
    if now == after:
        return None
    if now != before:
        raise stale(row)
    return row, field, now, storable(after, "Row “" + row + "”")


def new_rows(connection: Connection, head: SqlRow[Any], added: Sequence[Example]) -> list[Row]:
    """The rows to add, behind those there are. DataError for an id that is taken."""
    e, ids = examples.c, set[str]()
    first = connection.scalar(select(func.max(e.position) + 1).where(e.dataset_id == head.id)) or 0
    taken = set(connection.scalars(select(e.id).where(e.dataset_id == head.id))) if added else ids
    rows = []
    for position, example in enumerate(added, first):
        if example.id in taken or example.id in ids:
            raise DataError("The id “" + example.id + "” is used by two rows: give every row its own.")
        ids.add(example.id)
        rows.append(new_row(example, position))
    return rows
