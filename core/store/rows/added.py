"""Rows that a change set added: taken away when it is undone, put back when it is redone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy import Row as SqlRow

from core.store.codec import decode, encode
from core.store.records import Row
from core.store.rows.changes import ADDED
from core.store.rows.examples import digest
from core.store.schema.tables import changes, examples

COLUMNS = tuple(examples.c[field.name] for field in fields(Row))


def take_away(connection: Connection, head: SqlRow[Any], made: SqlRow[Any]) -> None:
    """The set keeps the rows as they were last; until then it holds no copy of them."""
    e, c = examples.c, changes.c
    places = select(c.number, *COLUMNS).where(
        c.set_id == made.id, c.field == ADDED, e.dataset_id == head.id, e.id == c.example_id
    )
    rows = [(number, Row(*row)) for number, *row in connection.execute(places)]
    if not rows:
        return
    keep = (
        update(changes)
        .where(c.set_id == made.id, c.number == bindparam("index"))
        .values(after=bindparam("row"))
    )
    connection.execute(keep, [{"index": number, "row": encode(row)} for number, row in rows])
    added = select(c.example_id).where(c.set_id == made.id, c.field == ADDED)
    connection.execute(delete(examples).where(e.dataset_id == head.id, e.id.in_(added)))


def put_back(connection: Connection, head: SqlRow[Any], made: SqlRow[Any]) -> None:
    c = changes.c
    texts = connection.scalars(select(c.after).where(c.set_id == made.id, c.field == ADDED)).all()
    insert_rows(connection, head, [decode(text, Row) for text in texts])
    connection.execute(update(changes).where(c.set_id == made.id, c.field == ADDED).values(after=""))


def insert_rows(connection: Connection, head: SqlRow[Any], rows: Sequence[Row]) -> None:
    """As new: their version is the dataset's, so that it is above that of any row of the same id there was
    before."""
    version = head.version + 1
    if rows:
        connection.execute(
            insert(examples),
            [
                {
                    **asdict(row),
                    "dataset_id": head.id,
                    "version": version,
                    "changed": version,
                    "noted": bool(row.note),
                    "digest": digest(row.text),
                }
                for row in rows
            ],
        )
