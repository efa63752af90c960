"""A file imported again: rows added and values changed as one undoable set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, func, select
from sqlalchemy import Row as SqlRow

from core.data.fields import UPDATED
from core.errors import DataError, UsageError
from core.store.codec import decode, storable
from core.store.records import Row
from core.store.rows import change_sets as sets
from core.store.rows.added import insert_rows
from core.store.rows.change_sets import Authorship, Kind
from core.store.rows.changes import ADDED, FLAGS, as_text, checked_label, labels_used, new_labels
from core.store.rows.dataset_lock import bump, lock
from core.store.rows.examples import new_row, stored_rows
from core.store.rows.history import rows_in_words
from core.store.rows.label_set_changes import extended
from core.store.schema.database import Database
from core.store.schema.tables import change_sets, examples
from core.types import SPLITS, Example, LabelSet

FIELDS = (*(field.name for field in UPDATED), "source")


class Difference(Protocol):
    example_id: str
    field: str
    before: Any
    after: Any


class Update(Protocol):
    """As core/data/importing/update.py plans it."""

    added: Sequence[Example]
    changed: Sequence[Difference]


class Importing:
    _database: Database

    def last_import(self, dataset_id: str) -> int:
        """A number that grows whenever an import is made, undone or redone, or feedback is taken in; 0 before
        the first. Texts change, and rows come, by these only."""
        s = change_sets.c
        query = select(func.max(s.version)).where(
            s.dataset_id == dataset_id, s.kind.in_((Kind.IMPORT, Kind.FEEDBACK))
        )
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def update(self, dataset_id: str, planned: Update, who: str = "", why: str = "") -> str:
        """Adds the rows and makes the changes, all or none; rows that the file lacks stay as they are.
        Returns the id of the change set, "" if there is nothing to do. Undo takes added rows away again.
        Conflict names a row that is no longer as it was when the update was planned; DataError for rows that
        cannot be stored, NotFound for one that is gone."""
        deed = Authorship.by(Kind.IMPORT, who, why, self._database.now())
        wanted = {(each.example_id, each.field): each for each in planned.changed}
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            labels = decode(head.labels, LabelSet)
            stored = stored_rows(connection, dataset_id, [row for row, _ in wanted])
            news = [change for each in wanted.values() if (change := _change(each, stored[each.example_id]))]
            rows = _new_rows(connection, head, planned.added)
            if not news and not rows:
                return ""
            used = [*labels_used(news, stored), *(row.label for row in rows if not row.excluded)]
            more = extended(labels, new_labels(labels, used))
            set_id = sets.begin(connection, head, deed)
            insert_rows(connection, head, rows)
            sets.fill(connection, head, set_id, [*news, *((row.id, ADDED, "", "") for row in rows)])
            changed = len({row for row, *_ in news})
            sets.settle(
                connection,
                head,
                set_id,
                what=_in_words(len(rows), changed),
                touched=len(rows) + changed,
                **sets.label_sets(labels, more),
            )
            sets.write(connection, head, sets.one(connection, set_id))
            bump(connection, dataset_id, more)
        return set_id


def _change(wanted: Difference, stored: SqlRow) -> tuple[str, str, str, str] | None:
    """(row, field, before, after); None if the row has the new value already."""
    row, field = wanted.example_id, wanted.field
    if field not in FIELDS:
        raise UsageError("“" + field + "” of a row cannot be updated: use " + ", ".join(FIELDS) + ".")
    before, after, now = as_text(wanted.before), as_text(wanted.after), as_text(getattr(stored, field))
    if field == "label":
        after = checked_label(after, " of row “" + row + "”")
    if field == "split" and after and after not in SPLITS:
        raise DataError("“" + after + "” is no split: use train, validation or test.")
    if field in FLAGS and not isinstance(wanted.after, bool):
        raise UsageError("“" + field + "” of row “" + row + "” is neither yes nor no.")
    if now == after:
        return None
    if now != before:
        raise sets.stale(row)
    return row, field, now, storable(after, "Row “" + row + "”")


def _new_rows(connection: Connection, head: SqlRow, added: Sequence[Example]) -> list[Row]:
    """The rows to add, behind those there are. DataError for an id that is taken."""
    e, ids = examples.c, set()
    first = connection.scalar(select(func.max(e.position) + 1).where(e.dataset_id == head.id)) or 0
    taken = set(connection.scalars(select(e.id).where(e.dataset_id == head.id))) if added else ids
    rows = []
    for place, example in enumerate(added, first):
        if example.id in taken or example.id in ids:
            raise DataError("The id “" + example.id + "” is used by two rows: give every row its own.")
        ids.add(example.id)
        rows.append(new_row(example, place))
    return rows


def _in_words(added: int, changed: int) -> str:
    parts = ([rows_in_words(added) + " added"] if added else []) + (
        [rows_in_words(changed) + " changed"] if changed else []
    )
    return "import: " + ", ".join(parts)
