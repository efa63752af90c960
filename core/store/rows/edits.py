"""Edits of rows: sets of changes that are made, undone and redone as a whole, with who, when and why."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, exists, select
from sqlalchemy import Row as SqlRow

from core.errors import Conflict
from core.store.codec import decode
from core.store.records import Change
from core.store.rows import change_sets
from core.store.rows.added import put_back, take_away
from core.store.rows.change_sets import Authorship, Kind
from core.store.rows.changes import checked, differences, labels_used, new_labels, refuse_stale
from core.store.rows.dataset_lock import bump, lock
from core.store.rows.examples import stored_rows
from core.store.rows.history import sentence
from core.store.rows.label_set_changes import carried, extended
from core.store.schema.database import Database
from core.store.schema.tables import examples
from core.types import LabelSet


class Changing:
    def __init__(self, database: Database):
        self._database = database

    def change(self, dataset_id: str, changes_: Sequence[Change], who: str = "", why: str = "") -> str:
        """Makes the changes, all or none, and returns the id of the change set; "" if nothing differs from
        what is there. A new label extends the label set. Conflict names the row that somebody changed after
        `seen_version`; DataError for an empty label or one that differs from another only in case; NotFound
        names a row that is gone."""
        wanted = [checked(change) for change in changes_]
        deed = Authorship.by(Kind.ROWS, who, why, self._database.now())
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            labels = decode(head.labels, LabelSet)
            stored = stored_rows(connection, dataset_id, [change.example_id for change in wanted])
            refuse_stale(wanted, stored)
            news = differences(wanted, stored)
            if not news:
                return ""
            more = extended(labels, new_labels(labels, labels_used(news, stored)))
            set_id = change_sets.begin(connection, head, deed)
            change_sets.fill(connection, head, set_id, news)
            change_sets.settle(
                connection,
                head,
                set_id,
                touched=len({row for row, *_ in news}),
                **change_sets.label_sets(labels, more),
            )
            change_sets.write(connection, head, change_sets.one(connection, set_id))
            bump(connection, dataset_id, more)
        return set_id

    def undo(self, dataset_id: str, set_id: str | None = None) -> str | None:
        """Takes back the last change set that is in force. Says what was undone, None if there is nothing to
        undo. Conflict where that is another one than `set_id`, the one the user looked at (`turns`)."""
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            last = change_sets.turn(connection, dataset_id, "applied")
            if last is None:
                return None
            _refuse_another(last, set_id, "Undo")
            change_sets.write(connection, head, last, forward=False)
            take_away(connection, head, last)
            change_sets.mark(connection, head, last, "undone")
            bump(connection, dataset_id, _labels_before(connection, head, last))
            return "Undone: " + sentence(connection, last)

    def redo(self, dataset_id: str, set_id: str | None = None) -> str | None:
        """Makes the change set that was undone last again. Says what was redone, None if there is nothing to
        redo. Conflict as for `undo`."""
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            first = change_sets.turn(connection, dataset_id, "undone")
            if first is None:
                return None
            _refuse_another(first, set_id, "Redo")
            change_sets.write(connection, head, first)
            put_back(connection, head, first)
            change_sets.mark(connection, head, first, "applied")
            bump(connection, dataset_id, _labels_after(head, first))
            return "Redone: " + sentence(connection, first)

    def upcoming(self, dataset_id: str) -> tuple[str, str]:
        """What `undo` and `redo` would take back and make again, in words; empty where there is nothing."""
        with self._database.read() as connection:
            found = [change_sets.turn(connection, dataset_id, state) for state in ("applied", "undone")]
            undo, redo = (sentence(connection, each) if each else "" for each in found)
        return undo, redo

    def turns(self, dataset_id: str) -> tuple[str, str]:
        """The ids of the change sets that `upcoming` speaks of; empty where there is nothing."""
        with self._database.read() as connection:
            undo, redo = (change_sets.turn(connection, dataset_id, state) for state in ("applied", "undone"))
        return undo.id if undo else "", redo.id if redo else ""


def _refuse_another(found: SqlRow, set_id: str | None, what: str) -> None:
    if set_id is not None and found.id != set_id:
        raise Conflict(
            what
            + " would now be of something else, for the dataset was changed since you looked at it: look again."
        )


def _labels_before(connection: Connection, head: SqlRow, undone: SqlRow) -> LabelSet | None:
    """The label set without what the set had done to it; None for as it is."""
    labels = decode(head.labels, LabelSet)
    if undone.labels_after:
        return carried(labels, decode(undone.labels_after, LabelSet), decode(undone.labels_before, LabelSet))

    # As sets of schema 1 were kept: a label that rows brought with them stays if it has found another use.
    def used(label: str) -> bool:
        row = exists().where(examples.c.dataset_id == head.id, examples.c.label == label)
        return label in labels.definitions or bool(connection.scalar(select(row)))

    gone = {label for label in decode(undone.new_labels, tuple[str, ...]) if not used(label)}
    return (
        LabelSet(tuple(name for name in labels.names if name not in gone), labels.definitions)
        if gone
        else None
    )


def _labels_after(head: SqlRow, redone: SqlRow) -> LabelSet:
    labels = decode(head.labels, LabelSet)
    if redone.labels_after:
        return carried(labels, decode(redone.labels_before, LabelSet), decode(redone.labels_after, LabelSet))
    return extended(labels, decode(redone.new_labels, tuple[str, ...]))
