"""Edits of rows: sets of changes that are made, undone and redone as a whole, with who, when and why.

A change set is "applied", "undone" (may be redone) or "dropped" (undone, then overtaken by a newer change)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, exists, insert, select, update
from sqlalchemy import Row as SqlRow

from core.errors import NotFound
from core.state.changes import FLAGS, checked, differences, new_labels, refuse_stale
from core.state.codec import decode, encode, new_id, storable
from core.state.database import Database
from core.state.datasets import bump, lock
from core.state.records import Change, HistoryEntry
from core.state.tables import change_sets, changes, examples
from core.types import LabelSet

AT_ONCE = 500  # rows looked up per query: databases limit the number of parameters


class Changing:
    def __init__(self, database: Database):
        self._database = database

    def change(self, dataset_id: str, changes_: Sequence[Change], who: str = "", why: str = "") -> str:
        """Makes the changes, all or none, and returns the id of the change set; "" if nothing differs from what is
        there. A new label extends the label set. Conflict names the row that somebody changed after `seen_version`;
        DataError for an empty label or one that differs from another only in case; NotFound names a row that is gone."""
        wanted = [checked(change) for change in changes_]
        who, why = storable(who, "The name of who changes it"), storable(why, "The reason")
        with self._database.write() as connection:
            labels = decode(lock(connection, dataset_id).labels, LabelSet)
            stored = _stored(connection, dataset_id, [change.example_id for change in wanted])
            refuse_stale(wanted, stored)
            news = differences(wanted, stored)
            if not news:
                return ""
            added = new_labels(labels, [after for _, field, _, after in news if field == "label"])
            set_id = new_id()
            connection.execute(update(change_sets).values(state="dropped").where(
                change_sets.c.dataset_id == dataset_id, change_sets.c.state == "undone"))
            connection.execute(insert(change_sets).values(
                id=set_id, dataset_id=dataset_id, at=self._database.now(), who=who, why=why, state="applied", new_labels=encode(added)))
            connection.execute(insert(changes), [
                {"set_id": set_id, "number": number, "dataset_id": dataset_id, "example_id": row, "field": field,
                 "before": before, "after": after}
                for number, (row, field, before, after) in enumerate(news)])
            _write(connection, dataset_id, [(row, field, after) for row, field, _, after in news])
            bump(connection, dataset_id, LabelSet((*labels.names, *added), labels.definitions) if added else None)
        return set_id

    def undo(self, dataset_id: str) -> str | None:
        """Takes back the last change set that is in force. Says what was undone, None if there is nothing to undo."""
        with self._database.write() as connection:
            labels = decode(lock(connection, dataset_id).labels, LabelSet)
            last = _next_set(connection, dataset_id, "applied")
            if last is None:
                return None
            made = _made(connection, last.id)
            _write(connection, dataset_id, [(change.example_id, change.field, change.before) for change in reversed(made)])
            _mark(connection, last.id, "undone")
            bump(connection, dataset_id, _without(connection, dataset_id, labels, decode(last.new_labels, tuple[str, ...])))
        return "Undone: " + _sentence(made)

    def redo(self, dataset_id: str) -> str | None:
        """Makes the change set that was undone last again. Says what was redone, None if there is nothing to redo."""
        with self._database.write() as connection:
            labels = decode(lock(connection, dataset_id).labels, LabelSet)
            first = _next_set(connection, dataset_id, "undone")
            if first is None:
                return None
            made = _made(connection, first.id)
            _write(connection, dataset_id, [(change.example_id, change.field, change.after) for change in made])
            _mark(connection, first.id, "applied")
            names = dict.fromkeys((*labels.names, *decode(first.new_labels, tuple[str, ...])))
            bump(connection, dataset_id, LabelSet(tuple(names), labels.definitions))
        return "Redone: " + _sentence(made)

    def upcoming(self, dataset_id: str) -> tuple[str, str]:
        """What `undo` and `redo` would take back and make again, in words; empty where there is nothing."""
        with self._database.read() as connection:
            sets = [_next_set(connection, dataset_id, state) for state in ("applied", "undone")]
            undo, redo = (_sentence(_made(connection, each.id)) if each else "" for each in sets)
        return undo, redo

    def history(self, dataset_id: str, example_id: str | None = None, limit: int = 200) -> tuple[HistoryEntry, ...]:
        """Changes of the dataset, or of one row, newest first."""
        wanted = select(change_sets, changes).join(changes, changes.c.set_id == change_sets.c.id).where(
            change_sets.c.dataset_id == dataset_id)
        if example_id is not None:
            wanted = wanted.where(changes.c.example_id == example_id)
        wanted = wanted.order_by(change_sets.c.number.desc(), changes.c.number.desc()).limit(limit)
        with self._database.read() as connection:
            return tuple(_entry(row) for row in connection.execute(wanted.with_only_columns(
                change_sets.c.id, change_sets.c.at, change_sets.c.who, change_sets.c.why, change_sets.c.state,
                changes.c.example_id, changes.c.field, changes.c.before, changes.c.after)))


# ---- what is stored

def _stored(connection: Connection, dataset_id: str, ids: Sequence[str]) -> dict[str, SqlRow]:
    e, found, wanted = examples.c, {}, list(dict.fromkeys(ids))
    for start in range(0, len(wanted), AT_ONCE):
        query = select(e.id, e.version, e.label, e.note, e.excluded, e.canonical).where(
            e.dataset_id == dataset_id, e.id.in_(wanted[start:start + AT_ONCE]))
        found.update({row.id: row for row in connection.execute(query)})
    for example_id in wanted:
        if example_id not in found:
            raise NotFound("There is no row “" + example_id + "” in this dataset: load the rows again.")
    return found


def _write(connection: Connection, dataset_id: str, values: Sequence[tuple[str, str, str]]) -> None:
    """Sets (row, field, value as text), the last one winning, and a new version once per row."""
    e = examples.c
    final: dict[str, dict[tuple[str, str], str]] = {}
    for row, field, value in values:
        final.setdefault(field, {})[row, field] = value
    for field, cells in final.items():
        news: dict[str, object] = {field: bindparam("to")} | ({"noted": bindparam("noting")} if field == "note" else {})
        statement = update(examples).where(e.dataset_id == dataset_id, e.id == bindparam("row")).values(news)
        connection.execute(statement, [
            {"row": row, "to": bool(value) if field in FLAGS else value, "noting": bool(value)} for (row, _), value in cells.items()])
    touched = [{"row": row} for row in dict.fromkeys(row for row, _, _ in values)]
    connection.execute(update(examples).where(e.dataset_id == dataset_id, e.id == bindparam("row")).values(version=e.version + 1), touched)


def _next_set(connection: Connection, dataset_id: str, state: str) -> SqlRow | None:
    """The set whose turn it is: the last applied one to undo, the first undone one to redo."""
    number = change_sets.c.number.desc() if state == "applied" else change_sets.c.number
    return connection.execute(select(change_sets).where(
        change_sets.c.dataset_id == dataset_id, change_sets.c.state == state).order_by(number).limit(1)).first()


def _made(connection: Connection, set_id: str) -> Sequence[SqlRow]:
    return connection.execute(select(changes).where(changes.c.set_id == set_id).order_by(changes.c.number)).all()


def _mark(connection: Connection, set_id: str, state: str) -> None:
    connection.execute(update(change_sets).where(change_sets.c.id == set_id).values(state=state))


def _without(connection: Connection, dataset_id: str, labels: LabelSet, added: Sequence[str]) -> LabelSet | None:
    """The label set without what an undone change had added to it, unless it has found another use."""
    def used(label: str) -> bool:
        row = exists().where(examples.c.dataset_id == dataset_id, examples.c.label == label)
        return label in labels.definitions or bool(connection.scalar(select(row)))

    gone = {label for label in added if not used(label)}
    return LabelSet(tuple(name for name in labels.names if name not in gone), labels.definitions) if gone else None


# ---- in words

def _entry(row: SqlRow) -> HistoryEntry:
    before, after = (bool(value) if row.field in FLAGS else value for value in (row.before, row.after))
    return HistoryEntry(row.id, row.at, row.who, row.why, row.example_id, row.field, before, after, row.state != "applied")


def _sentence(made: Sequence[SqlRow]) -> str:
    rows = len({change.example_id for change in made})
    if rows > 1:
        return "changes of " + str(rows) + " rows."
    first = made[0]
    if len(made) > 1:
        return "changes of row “" + first.example_id + "”."
    if first.field in FLAGS:
        return "row “" + first.example_id + "” " + ("" if first.after else "no longer ") + first.field + "."
    if first.field == "note":
        return "the note of row “" + first.example_id + "”."
    return "row “" + first.example_id + "” from “" + first.before + "” to “" + first.after + "”."
