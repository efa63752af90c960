"""One change of all rows that a query means: a single undoable set, made by the database in one go."""

from __future__ import annotations

from sqlalchemy import Connection, select

from core.store.codec import decode
from core.store.records import RowQuery
from core.store.rows import change_sets
from core.store.rows.change_sets import Authorship, Kind
from core.store.rows.changes import NO, checked_value, new_labels
from core.store.rows.dataset_lock import bump, lock
from core.store.rows.filters import conditions
from core.store.rows.history import bulk_in_words
from core.store.rows.label_set_changes import extended
from core.store.schema.database import Database
from core.store.schema.tables import changes, examples
from core.types import LabelSet


class Bulk:
    _database: Database

    def change_all(
        self,
        dataset_id: str,
        query: RowQuery,
        field: str,
        value: str | bool,
        who: str = "",
        why: str = "",
        seen_version: int | None = None,
    ) -> str:
        """Gives `field` this value in every row of the query, on all its pages; undo restores what each row
        had. Returns the id of the change set, "" if all have it already. With `seen_version`, the dataset's
        version when the user looked, Conflict names a row among them that was changed since. Errors otherwise
        as for `change`."""
        wanted = checked_value(field, value)
        deed = Authorship.by(Kind.BULK, who, why, self._database.now())
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            labels = decode(head.labels, LabelSet)
            set_id = change_sets.begin(connection, head, deed)
            rows = change_sets.fill_with(
                connection, head, set_id, field, wanted, conditions(dataset_id, query)
            )
            if not rows:
                return change_sets.forget(connection, set_id)
            change_sets.refuse_changed(connection, head, set_id, seen_version)
            used = (
                [wanted]
                if field == "label"
                else _labels_of(connection, set_id)
                if (field, wanted) == ("excluded", NO)
                else []
            )
            more = extended(labels, new_labels(labels, used))
            change_sets.settle(
                connection,
                head,
                set_id,
                what=bulk_in_words(field, wanted, rows),
                touched=rows,
                **change_sets.label_sets(labels, more),
            )
            change_sets.write(connection, head, change_sets.one(connection, set_id))
            bump(connection, dataset_id, more)
        return set_id


def _labels_of(connection: Connection, set_id: str) -> list[str]:
    """Of the rows in the set: rows that are no longer excluded bring their labels back."""
    e, c = examples.c, changes.c
    of_set = (
        select(e.label)
        .distinct()
        .where(c.set_id == set_id, e.dataset_id == c.dataset_id, e.id == c.example_id)
    )
    return list(connection.scalars(of_set))
