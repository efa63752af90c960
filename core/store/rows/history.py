"""What was changed, by whom and why: entries to list, and change sets in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy import Row as SqlRow

from core.data.fields import FLAGS
from core.store.codec import decode
from core.store.rows.change_sets import ChangeKind
from core.store.rows.changes import ADDED
from core.store.rows.records import HistoryEntry
from core.store.schema.tables import change_sets, changes, examples
from core.types import LabelSet
from core.wording import shortened

LONGEST_TEXT = 60  # characters of a row's text in a sentence
EACH_LISTED = (ChangeKind.ROWS, ChangeKind.FEEDBACK)


def dataset_history(connection: Connection, dataset_id: str, limit: int) -> tuple[HistoryEntry, ...]:
    s = change_sets.c
    made = connection.execute(
        select(change_sets).where(s.dataset_id == dataset_id).order_by(s.number.desc()).limit(limit)
    ).all()
    listed = _changes(connection, [each.id for each in made if each.kind in EACH_LISTED], limit)
    firsts = _firsts(connection, [each.id for each in made if each.kind == ChangeKind.BULK])
    entries: list[HistoryEntry] = []
    for each in made:
        if each.kind in EACH_LISTED:
            entries += [_entry(each, change) for change in listed.get(each.id, ())]
        else:
            entries += _whole(each, firsts.get(each.id))
    return tuple(entries[:limit])


def summary(connection: Connection, made: SqlRow[Any]) -> str:
    """What the set did, to end a sentence with."""
    what: str = made.what
    if what:
        return what + "."
    if made.touched > 1:
        return f"changes of {made.touched:,} rows."
    entries = connection.execute(
        select(changes).where(changes.c.set_id == made.id).order_by(changes.c.number)
    ).all()
    first = entries[0]
    row = _named(connection, made.dataset_id, first.example_id)
    given = next((each.after for each in entries if each.field == "label" and not each.before), None)
    if given is not None:
        return row + " labelled “" + str(given) + "”."
    if len(entries) > 1:
        return "changes of " + row + "."
    if first.field in FLAGS:
        return row + " " + ("" if first.after else "no longer ") + str(first.field) + "."
    if first.field == "label":
        return f"{row} from “{first.before}” to “{first.after}”."
    if first.field == "review":
        return {"kept": row + " kept as it is.", "gap": row + " marked as unclear in the definitions."}.get(
            first.after, row + " no longer reviewed."
        )
    return f"the {first.field} of {row}."


def _named(connection: Connection, dataset_id: str, example_id: str) -> str:
    """By its text, as people know it; by its id where it is gone."""
    e = examples.c
    text = connection.scalar(select(e.text).where(e.dataset_id == dataset_id, e.id == example_id))
    return quoted_text(text) if text else "row “" + example_id + "”"


def quoted_text(text: str) -> str:
    return "“" + shortened(text, LONGEST_TEXT) + "”"


def bulk_in_words(field: str, value: str, rows: int) -> str:
    """What a bulk edit did."""
    many = rows_in_words(rows)
    if field in FLAGS:
        return many + " " + ("" if value else "no longer ") + field
    if field == "label":
        return many + " relabelled “" + value + "”"
    if field == "review":
        return many + {"kept": " kept as they are", "gap": " marked as unclear in the definitions"}.get(
            value, " no longer reviewed"
        )
    return "the " + field + " of " + many


def rows_in_words(rows: int) -> str:
    return f"{rows:,} row" if rows == 1 else f"{rows:,} rows"


# ---- entries


def row_history(
    connection: Connection, dataset_id: str, example_id: str, limit: int
) -> tuple[HistoryEntry, ...]:
    c = changes.c
    of_row = select(changes).where(c.dataset_id == dataset_id, c.example_id == example_id).subquery()
    query = (
        select(
            change_sets,
            of_row.c.number.label("change_number"),
            of_row.c.example_id,
            of_row.c.field,
            of_row.c.before,
            of_row.c.after,
        )
        .join(of_row, of_row.c.set_id == change_sets.c.id)
        .order_by(change_sets.c.number.desc(), of_row.c.number.desc())
        .limit(limit)
    )
    return tuple(_entry(row, row) for row in connection.execute(query))


def _changes(connection: Connection, set_ids: Sequence[str], limit: int) -> dict[str, list[SqlRow[Any]]]:
    """The newest single changes of these sets, newest first."""
    by_set: dict[str, list[SqlRow[Any]]] = {}
    joined = (
        select(changes)
        .join(change_sets, change_sets.c.id == changes.c.set_id)
        .where(changes.c.set_id.in_(set_ids))
    )
    for row in connection.execute(
        joined.order_by(change_sets.c.number.desc(), changes.c.number.desc()).limit(limit)
    ):
        by_set.setdefault(row.set_id, []).append(row)
    return by_set


def _firsts(connection: Connection, set_ids: Sequence[str]) -> dict[str, SqlRow[Any]]:
    """One change of each bulk edit: they all have the same field and value."""
    return {
        row.set_id: row
        for row in connection.execute(
            select(changes).where(changes.c.set_id.in_(set_ids), changes.c.number == 1)
        )
    }


def _entry(made: SqlRow[Any], change: SqlRow[Any]) -> HistoryEntry:
    before, after = _value(change.field, change.before), _value(change.field, change.after)
    after = "" if change.field == ADDED else after  # what is kept there is for redo
    return HistoryEntry(
        made.id,
        made.at,
        made.who,
        made.why,
        change.example_id,
        change.field,
        before,
        after,
        made.state != "applied",
        1,
        made.what,
    )


def _whole(made: SqlRow[Any], first: SqlRow[Any] | None) -> list[HistoryEntry]:
    """A set of many rows as one entry; definitions are one for each label."""

    def entry(field: str, before: str, after: str | bool, what: str = made.what) -> HistoryEntry:
        return HistoryEntry(
            made.id,
            made.at,
            made.who,
            made.why,
            "",
            field,
            before,
            after,
            made.state != "applied",
            made.touched,
            what,
        )

    if first is not None:
        return [entry(first.field, "", _value(first.field, first.after))]
    if made.kind == ChangeKind.IMPORT:
        return [entry("import", "", "")]
    before, after = decode(made.labels_before, LabelSet), decode(made.labels_after, LabelSet)
    if before.names != after.names:
        return [entry("label set", ", ".join(before.names), ", ".join(after.names))]
    if before.good != after.good:
        return [entry("good verdict", before.good, after.good)]
    texts = [
        (label, before.definitions.get(label, ""), after.definitions.get(label, "")) for label in before.names
    ]
    return [
        entry("definition", old, new, "the definition of “" + label + "”")
        for label, old, new in texts
        if old != new
    ]


def _value(field: str, text: str) -> str | bool:
    return bool(text) if field in FLAGS else text
