"""Edits of rows: change sets that are made, undone and redone as a whole, with who, when and why; and their
history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, exists, func, select
from sqlalchemy import Row as SqlRow

from core.errors import Conflict
from core.label_sets.sets import label_names, set_label
from core.store.codec import decode
from core.store.records import Change, RowQuery
from core.store.rows.added import insert_rows, put_back, take_away
from core.store.rows.change_sets import (
    Authorship,
    ChangeKind,
    ChangeSet,
    next_set,
    set_state,
    write_values,
)
from core.store.rows.changes import (
    ADDED,
    NO,
    checked_change,
    checked_value,
    differences,
    labels_used,
    new_labels,
    refuse_stale,
    refuse_without_label,
)
from core.store.rows.dataset_head import bump, lock
from core.store.rows.examples import stored_rows
from core.store.rows.filters import conditions
from core.store.rows.history import bulk_in_words, dataset_history, row_history, rows_in_words, summary
from core.store.rows.label_set_changes import carried, extended
from core.store.rows.label_sets import canonical_changes, with_sets
from core.store.rows.old_changes import ARRIVALS, known_arrival
from core.store.rows.records import HistoryEntry
from core.store.rows.update import Update, new_rows, update_changes
from core.store.schema.database import Database
from core.store.schema.tables import change_sets, changes, examples
from core.types import LabelSet


class Edits:
    def __init__(self, database: Database):
        self._database = database

    def change(self, dataset_id: str, changes_: Sequence[Change], who: str = "", why: str = "") -> str:
        """Makes the changes, all or none, and returns the id of the change set; "" if nothing differs from
        what is there. A new label extends the label set. Conflict names the row that somebody changed after
        `seen_version`; DataError for an empty label or one that differs from another only in case, unless
        answers are scored; NotFound names a row that is gone."""
        wanted = [checked_change(change) for change in changes_]
        authorship = Authorship.by(ChangeKind.ROWS, who or self._database.who, why, self._database.now())
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            wanted = canonical_changes(wanted, decode(head.labels, LabelSet))
            stored = stored_rows(connection, dataset_id, [change.example_id for change in wanted])
            refuse_stale(wanted, stored)
            news = differences(wanted, stored)
            refuse_without_label(news, stored)
            if not news:
                return ""
            change_set = ChangeSet(connection, head, authorship)
            change_set.add(news)
            labels = _with_labels(change_set, labels_used(news, stored))
            return change_set.finish(labels, touched=len({row for row, *_ in news}))

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
        had. Rows without a label are taken in with a label only, and then at once. Returns the id of the
        change set, "" if all have it already. With `seen_version`, the dataset's
        version when the user looked, Conflict names a row among them that was changed since. Errors otherwise
        as for `change`."""
        wanted = checked_value(field, value)
        authorship = Authorship.by(ChangeKind.BULK, who or self._database.who, why, self._database.now())
        with self._database.write() as connection:
            change_set = ChangeSet(connection, lock(connection, dataset_id), authorship)
            if field == "label" and change_set.labels.several:
                wanted = set_label(label_names(wanted))
            where, e = conditions(dataset_id, with_sets(connection, dataset_id, query)), examples.c
            taken_in = (field, wanted) == ("excluded", NO)
            rows = change_set.add_all(field, wanted, [*where, e.label != ""] if taken_in else where)
            if not rows:
                change_set.discard()
                return ""
            if field == "label":
                change_set.add_all("excluded", NO, [*where, e.label == ""], behind=rows)
            change_set.refuse_changed(seen_version)
            used = [wanted] if field == "label" else []
            if taken_in:
                used = _labels_of(connection, change_set.id)
            labels = _with_labels(change_set, used)
            return change_set.finish(labels, rows, bulk_in_words(field, wanted, rows))

    def update(self, dataset_id: str, planned: Update, who: str = "", why: str = "") -> str:
        """A file imported again: adds the rows and makes the changes, all or none; rows that the file lacks
        stay as they are. Returns the id of the change set, "" if there is nothing to do. Undo takes added rows
        away again. Conflict names a row that is no longer as it was when the update was planned; DataError for
        rows that cannot be stored, NotFound for one that is gone."""
        authorship = Authorship.by(ChangeKind.IMPORT, who or self._database.who, why, self._database.now())
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            stored = stored_rows(connection, dataset_id, [each.example_id for each in planned.changed])
            news = update_changes(planned.changed, stored)
            refuse_without_label(news, stored)
            rows = new_rows(connection, head, planned.added)
            if not news and not rows:
                return ""
            used = [*labels_used(news, stored), *(row.label for row in rows if not row.excluded)]
            change_set = ChangeSet(connection, head, authorship)
            insert_rows(connection, head, rows)
            change_set.add([*news, *((row.id, ADDED, "", "") for row in rows)])
            changed = len({row for row, *_ in news})
            parts = ((len(rows), "added"), (changed, "changed"))
            what = "import: " + ", ".join(rows_in_words(n) + " " + done for n, done in parts if n)
            return change_set.finish(_with_labels(change_set, used), len(rows) + changed, what)

    def last_import(self, dataset_id: str) -> int:
        """A number that grows whenever an import is made, undone or redone, or feedback is taken in; 0 before
        the first. Texts change, and rows come, by these only."""
        s = change_sets.c
        query = select(func.max(s.version)).where(s.dataset_id == dataset_id, s.kind.in_(ARRIVALS))
        with self._database.read() as connection:
            return max(connection.scalar(query) or 0, known_arrival(connection, dataset_id))

    def undo(self, dataset_id: str, set_id: str | None = None) -> str | None:
        """Takes back the last change set that is in force. Says what was undone, None if there is nothing to
        undo. Conflict where that is another one than `set_id`, the one the user looked at (`turns`)."""
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            last = next_set(connection, dataset_id, "applied")
            if last is None:
                return None
            _refuse_another(last, set_id, "Undo")
            write_values(connection, head, last, forward=False)
            take_away(connection, head, last)
            set_state(connection, head, last, "undone")
            bump(connection, dataset_id, _labels_before(connection, head, last))
            return "Undone: " + summary(connection, last)

    def redo(self, dataset_id: str, set_id: str | None = None) -> str | None:
        """Makes the change set that was undone last again. Says what was redone, None if there is nothing to
        redo. Conflict as for `undo`."""
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            first = next_set(connection, dataset_id, "undone")
            if first is None:
                return None
            _refuse_another(first, set_id, "Redo")
            write_values(connection, head, first)
            put_back(connection, head, first)
            set_state(connection, head, first, "applied")
            bump(connection, dataset_id, _labels_after(head, first))
            return "Redone: " + summary(connection, first)

    def upcoming(self, dataset_id: str) -> tuple[str, str]:
        """What `undo` and `redo` would take back and make again, in words; empty where there is nothing."""
        with self._database.read() as connection:
            upcoming = [next_set(connection, dataset_id, state) for state in ("applied", "undone")]
            undo, redo = (summary(connection, each) if each else "" for each in upcoming)
        return undo, redo

    def turns(self, dataset_id: str) -> tuple[str, str]:
        """The ids of the change sets that `upcoming` speaks of; empty where there is nothing."""
        with self._database.read() as connection:
            undo, redo = (next_set(connection, dataset_id, state) for state in ("applied", "undone"))
        return undo.id if undo else "", redo.id if redo else ""

    def history(
        self, dataset_id: str, example_id: str | None = None, limit: int = 200
    ) -> tuple[HistoryEntry, ...]:
        """Changes of the dataset, or of one row, newest first. In the dataset's, bulk edits, imports and
        label management are one entry each, whatever the number of rows."""
        with self._database.read() as connection:
            if example_id is not None:
                return row_history(connection, dataset_id, example_id, limit)
            return dataset_history(connection, dataset_id, limit)


def _with_labels(change_set: ChangeSet, used: Sequence[str]) -> LabelSet:
    labels = change_set.labels
    return extended(labels, new_labels(labels, used, change_set.free))


def _labels_of(connection: Connection, set_id: str) -> list[str]:
    """Of the rows in the set: rows that are no longer excluded bring their labels back."""
    e, c = examples.c, changes.c
    of_set = (
        select(e.label)
        .distinct()
        .where(c.set_id == set_id, e.dataset_id == c.dataset_id, e.id == c.example_id)
    )
    return list(connection.scalars(of_set))


def _refuse_another(upcoming: SqlRow[Any], set_id: str | None, what: str) -> None:
    if set_id is not None and upcoming.id != set_id:
        raise Conflict(
            what
            + " would now be of something else, for the dataset was changed since you looked at it: look again."
        )


def _labels_before(connection: Connection, head: SqlRow[Any], undone: SqlRow[Any]) -> LabelSet | None:
    """The label set without what the set had done to it; None for as it is."""
    labels = decode(head.labels, LabelSet)
    if undone.labels_after:
        return carried(labels, decode(undone.labels_after, LabelSet), decode(undone.labels_before, LabelSet))

    # As sets of schema 1 were kept: a label that rows brought with them stays if it has found another use.
    def used(label: str) -> bool:
        row = exists().where(examples.c.dataset_id == head.id, examples.c.label == label)
        return label in labels.definitions or bool(connection.scalar(select(row)))

    gone = {label for label in decode(undone.new_labels, tuple[str, ...]) if not used(label)}
    return replace(labels, names=tuple(name for name in labels.names if name not in gone)) if gone else None


def _labels_after(head: SqlRow[Any], redone: SqlRow[Any]) -> LabelSet:
    labels = decode(head.labels, LabelSet)
    if redone.labels_after:
        return carried(labels, decode(redone.labels_before, LabelSet), decode(redone.labels_after, LabelSet))
    return extended(labels, decode(redone.new_labels, tuple[str, ...]))
