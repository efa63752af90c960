"""Change sets: how one is begun, filled, carried out and taken back. Whatever changes rows or the label set
goes through here.

A set is "applied", "undone" (may be redone) or "dropped" (undone, then overtaken by a newer one). A row's
field stands in it at most once. Sets are made and undone by the database itself, whether they hold one change
or a hundred thousand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy import Row as SqlRow

from core.errors import Conflict
from core.store.codec import encode, new_id, storable
from core.store.rows.changes import ADDED, FLAGS, YES
from core.store.rows.examples import digest
from core.store.schema.tables import change_sets, changes, examples
from core.types import LabelSet


class Kind(StrEnum):
    ROWS = "rows"  # single changes: the history lists each
    BULK = "bulk"
    IMPORT = "import"
    LABELS = "labels"
    FEEDBACK = "feedback"  # the history lists each change, as for ROWS


BY_HAND = (Kind.ROWS, Kind.BULK)  # what counts as a correction of a row


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who does what, and why. `at` is when, in seconds since 1970."""

    kind: Kind
    who: str
    why: str
    at: float

    @classmethod
    def by(cls, kind: Kind, who: str, why: str, at: float) -> Authorship:
        """DataError where the words cannot be stored."""
        return cls(kind, storable(who, "The name of who changes it"), storable(why, "The reason"), at)


def begin(connection: Connection, head: SqlRow, deed: Authorship) -> str:
    """A new set of the dataset whose row `head` is (locked). It holds nothing yet."""
    set_id = new_id()
    connection.execute(
        insert(change_sets).values(
            id=set_id,
            dataset_id=head.id,
            at=deed.at,
            who=deed.who,
            why=deed.why,
            state="applied",
            kind=deed.kind,
            new_labels="[]",
            version=head.version + 1,
        )
    )
    return set_id


def fill(
    connection: Connection, head: SqlRow, set_id: str, news: Sequence[tuple[str, str, str, str]]
) -> None:
    """(row, field, before, after) each."""
    if news:
        connection.execute(
            insert(changes),
            [
                {
                    "set_id": set_id,
                    "number": number,
                    "dataset_id": head.id,
                    "example_id": row,
                    "field": field,
                    "before": before,
                    "after": after,
                }
                for number, (row, field, before, after) in enumerate(news)
            ],
        )


def fill_with(
    connection: Connection,
    head: SqlRow,
    set_id: str,
    field: str,
    value: str,
    where: Sequence[ColumnElement[bool]],
) -> int:
    """The field set to one value in the rows that the conditions mean and that have another. Returns how many
    they are."""
    now = as_text(field)
    chosen = select(
        literal(set_id),
        func.row_number().over(order_by=examples.c.position),
        literal(head.id),
        examples.c.id,
        literal(field),
        now,
        literal(value),
    ).where(*where, now != value)
    columns = ("set_id", "number", "dataset_id", "example_id", "field", "before", "after")
    connection.execute(insert(changes).from_select(columns, chosen))
    return connection.scalar(select(func.count()).select_from(changes).where(changes.c.set_id == set_id)) or 0


def settle(connection: Connection, head: SqlRow, set_id: str, **values: object) -> None:
    """The set is whole: what it says of itself is stored, and what had been undone can no longer be
    redone."""
    connection.execute(
        update(change_sets)
        .where(change_sets.c.dataset_id == head.id, change_sets.c.state == "undone")
        .values(state="dropped")
    )
    if values:
        connection.execute(update(change_sets).where(change_sets.c.id == set_id).values(values))


def forget(connection: Connection, set_id: str) -> str:
    """Takes a set away that turned out empty."""
    connection.execute(change_sets.delete().where(change_sets.c.id == set_id))
    return ""


def refuse_changed(connection: Connection, head: SqlRow, set_id: str, seen_version: int | None) -> None:
    """Conflict names a row of the set that was changed after the dataset had this version. Before the set is
    carried out."""
    if seen_version is None or head.version <= seen_version:
        return
    e = examples.c
    row = connection.scalar(
        select(e.id)
        .where(e.dataset_id == head.id, e.changed > seen_version, e.id.in_(_rows_of(set_id)))
        .order_by(e.position)
        .limit(1)
    )
    if row is not None:
        raise stale(row)


def stale(example_id: str) -> Conflict:
    return Conflict(
        "Row “" + example_id + "” was changed since you looked at it: load it again, then repeat your change."
    )


def write(connection: Connection, head: SqlRow, made: SqlRow, forward: bool = True) -> None:
    """Gives the rows of the set the values it leads to, or those of before; each touched row is a version on.
    Added rows are left to importing.py."""
    e, c = examples.c, changes.c
    found = connection.scalars(select(c.field).where(c.set_id == made.id, c.field != ADDED).distinct()).all()
    value = c.after if forward else c.before
    for field in found:
        news: dict[str, object] = {field: value == YES if field in FLAGS else value}
        news |= {"noted": value != ""} if field == "note" else {}
        if len(found) == 1:
            news |= _touch(head, made, literal(_counts(field)), forward)
        connection.execute(
            update(examples)
            .where(c.set_id == made.id, c.field == field, e.dataset_id == head.id, e.id == c.example_id)
            .values(news)
        )
    if len(found) > 1:
        counted = func.sum(case((c.field == "review", 0), else_=1)).label("n")
        rows = (
            select(c.example_id, counted)
            .where(c.set_id == made.id, c.field != ADDED)
            .group_by(c.example_id)
            .subquery()
        )
        connection.execute(
            update(examples)
            .where(e.dataset_id == head.id, e.id == rows.c.example_id)
            .values(_touch(head, made, rows.c.n, forward))
        )
    if "text" in found:
        _find_by_new_texts(connection, head, made)


def mark(connection: Connection, head: SqlRow, made: SqlRow, state: str) -> None:
    connection.execute(
        update(change_sets).where(change_sets.c.id == made.id).values(state=state, version=head.version + 1)
    )


def one(connection: Connection, set_id: str) -> SqlRow:
    return connection.execute(select(change_sets).where(change_sets.c.id == set_id)).one()


def turn(connection: Connection, dataset_id: str, state: str) -> SqlRow | None:
    """The set whose turn it is: the last applied one to undo, the first undone one to redo."""
    number = change_sets.c.number.desc() if state == "applied" else change_sets.c.number
    return connection.execute(
        select(change_sets)
        .where(change_sets.c.dataset_id == dataset_id, change_sets.c.state == state)
        .order_by(number)
        .limit(1)
    ).first()


def label_sets(before: LabelSet, after: LabelSet) -> dict[str, str]:
    """For `settle`: what becomes of the label set, if anything does."""
    return {"labels_before": encode(before), "labels_after": encode(after)} if before != after else {}


def as_text(field: str) -> ColumnElement[str]:
    """The field of a row as the history keeps it."""
    column = examples.c[field]
    return case((column, YES), else_="") if field in FLAGS else column


def _rows_of(set_id: str) -> Select:
    return select(changes.c.example_id).where(and_(changes.c.set_id == set_id, changes.c.field != ADDED))


def _find_by_new_texts(connection: Connection, head: SqlRow, made: SqlRow) -> None:
    e, c = examples.c, changes.c
    changed = (c.set_id == made.id, c.field == "text", e.dataset_id == head.id, e.id == c.example_id)
    rows = connection.execute(select(e.id, e.text).where(*changed)).all()
    news = [{"row": row.id, "news": digest(row.text)} for row in rows]
    connection.execute(
        update(examples)
        .where(e.dataset_id == head.id, e.id == bindparam("row"))
        .values(digest=bindparam("news")),
        news,
    )


def _counts(field: str) -> int:
    return 0 if field == "review" else 1


def _touch(head: SqlRow, made: SqlRow, corrections: ColumnElement[int], forward: bool) -> dict[str, object]:
    e = examples.c
    touched: dict[str, object] = {"version": e.version + 1, "changed": head.version + 1}
    if made.kind in BY_HAND:
        touched["edits"] = e.edits + corrections if forward else e.edits - corrections
    return touched
