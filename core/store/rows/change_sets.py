"""Change sets: how one is made, carried out and taken back. Whatever changes rows or the label set goes
through here.

A set is "applied", "undone" (may be redone) or "dropped" (undone, then overtaken by a newer one). A row's
field stands in it at most once. Sets are made and undone by the database itself, whether they hold one change
or a hundred thousand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
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

from core.data.fields import FLAGS
from core.errors import Conflict
from core.store.codec import decode, encode, new_id, storable
from core.store.rows.changes import ADDED, YES, CellChange
from core.store.rows.dataset_head import bump
from core.store.rows.examples import digest
from core.store.schema.tables import change_sets, changes, examples
from core.types import LabelSet


class ChangeKind(StrEnum):
    ROWS = "rows"  # single changes: the history lists each
    BULK = "bulk"
    IMPORT = "import"
    LABELS = "labels"
    FEEDBACK = "feedback"  # the history lists each change, as for ROWS


BY_HAND = (ChangeKind.ROWS, ChangeKind.BULK)  # what counts as a correction of a row


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who does what, and why. `at` is when, in seconds since 1970."""

    kind: ChangeKind
    who: str
    why: str
    at: float

    @classmethod
    def by(cls, kind: ChangeKind, who: str, why: str, at: float) -> Authorship:
        """DataError where the words cannot be stored."""
        return cls(kind, storable(who, "The name of who changes it"), storable(why, "The reason"), at)


class ChangeSet:
    """A set that is being made, in the transaction of whoever makes it: begun here, filled by `add` and
    `add_all`, carried out by `finish`. `head` is the dataset's own row (locked)."""

    def __init__(self, connection: Connection, head: SqlRow[Any], authorship: Authorship):
        self.id = new_id()
        self.labels = decode(head.labels, LabelSet)
        self.free = bool(head.scorer)  # labels are answers that a scorer compares
        self._connection, self._head = connection, head
        connection.execute(
            insert(change_sets).values(
                id=self.id,
                dataset_id=head.id,
                at=authorship.at,
                who=authorship.who,
                why=authorship.why,
                state="applied",
                kind=authorship.kind,
                new_labels="[]",
                version=head.version + 1,
            )
        )

    def add(self, news: Sequence[CellChange]) -> None:
        if news:
            self._connection.execute(
                insert(changes),
                [
                    {
                        "set_id": self.id,
                        "number": number,
                        "dataset_id": self._head.id,
                        "example_id": row,
                        "field": field,
                        "before": before,
                        "after": after,
                    }
                    for number, (row, field, before, after) in enumerate(news)
                ],
            )

    def add_all(self, field: str, value: str, where: Sequence[ColumnElement[bool]], behind: int = 0) -> int:
        """The field set to one value in the rows that the conditions mean and that have another. Returns how
        many changes are in the set then; `behind`: how many were before."""
        now = history_text(field)
        chosen = select(
            literal(self.id),
            behind + func.row_number().over(order_by=examples.c.position),
            literal(self._head.id),
            examples.c.id,
            literal(field),
            now,
            literal(value),
        ).where(*where, now != value)
        columns = ["set_id", "number", "dataset_id", "example_id", "field", "before", "after"]
        self._connection.execute(insert(changes).from_select(columns, chosen))
        count = select(func.count()).select_from(changes).where(changes.c.set_id == self.id)
        return self._connection.scalar(count) or 0

    def refuse_changed(self, seen_version: int | None) -> None:
        """Conflict names a row of the set that was changed after the dataset had this version."""
        if seen_version is None or self._head.version <= seen_version:
            return
        e, c = examples.c, changes.c
        own = select(c.example_id).where(and_(c.set_id == self.id, c.field != ADDED))
        row = self._connection.scalar(
            select(e.id)
            .where(e.dataset_id == self._head.id, e.changed > seen_version, e.id.in_(own))
            .order_by(e.position)
            .limit(1)
        )
        if row is not None:
            raise stale(row)

    def discard(self) -> None:
        """Takes the set away: it turned out empty."""
        self._connection.execute(change_sets.delete().where(change_sets.c.id == self.id))

    def finish(self, labels: LabelSet, touched: int, what: str = "") -> str:
        """Carries the set out: the rows get their values, the dataset these labels and a new version; what had
        been undone can no longer be redone. `what` says in words what was done where the changes do not.
        Returns the id."""
        s = change_sets.c
        self._connection.execute(
            update(change_sets)
            .where(s.dataset_id == self._head.id, s.state == "undone")
            .values(state="dropped")
        )
        values: dict[str, object] = {"touched": touched} | ({"what": what} if what else {})
        if labels != self.labels:
            values |= {"labels_before": encode(self.labels), "labels_after": encode(labels)}
        self._connection.execute(update(change_sets).where(s.id == self.id).values(values))
        made = self._connection.execute(select(change_sets).where(s.id == self.id)).one()
        write_values(self._connection, self._head, made)
        bump(self._connection, self._head.id, labels)
        return self.id


def stale(example_id: str) -> Conflict:
    return Conflict(
        "Row “" + example_id + "” was changed since you looked at it: load it again, then repeat your change."
    )


def write_values(connection: Connection, head: SqlRow[Any], made: SqlRow[Any], forward: bool = True) -> None:
    """Gives the rows of the set the values it leads to, or those of before; each touched row is a version on.
    Added rows are left to added.py."""
    e, c = examples.c, changes.c
    fields = connection.scalars(select(c.field).where(c.set_id == made.id, c.field != ADDED).distinct()).all()
    value = c.after if forward else c.before
    for field in fields:
        news: dict[str, object] = {field: value == YES if field in FLAGS else value}
        news |= {"noted": value != ""} if field == "note" else {}
        if len(fields) == 1:
            news |= _touch(head, made, literal(_counts(field)), forward)
        connection.execute(
            update(examples)
            .where(c.set_id == made.id, c.field == field, e.dataset_id == head.id, e.id == c.example_id)
            .values(news)
        )
    if len(fields) > 1:
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
    if "text" in fields:
        _find_by_new_texts(connection, head, made)


def set_state(connection: Connection, head: SqlRow[Any], made: SqlRow[Any], state: str) -> None:
    connection.execute(
        update(change_sets).where(change_sets.c.id == made.id).values(state=state, version=head.version + 1)
    )


def next_set(connection: Connection, dataset_id: str, state: str) -> SqlRow[Any] | None:
    """The set whose turn it is: the last applied one to undo, the first undone one to redo."""
    number = change_sets.c.number.desc() if state == "applied" else change_sets.c.number
    return connection.execute(
        select(change_sets)
        .where(change_sets.c.dataset_id == dataset_id, change_sets.c.state == state)
        .order_by(number)
        .limit(1)
    ).first()


def history_text(field: str) -> ColumnElement[str]:
    """The field of a row as the history keeps it."""
    column = examples.c[field]
    return case((column, YES), else_="") if field in FLAGS else column


def _find_by_new_texts(connection: Connection, head: SqlRow[Any], made: SqlRow[Any]) -> None:
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


def _touch(
    head: SqlRow[Any], made: SqlRow[Any], corrections: ColumnElement[int], forward: bool
) -> dict[str, object]:
    e = examples.c
    touched: dict[str, object] = {"version": e.version + 1, "changed": head.version + 1}
    if made.kind in BY_HAND:
        touched["edits"] = e.edits + corrections if forward else e.edits - corrections
    return touched
