"""What was worked out about rows, kept in order: suspects, mistakes of the last run. No part of the rows, and
no change of them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from core.errors import UsageError
from core.store.codec import storable
from core.store.rows.dataset_head import lock
from core.store.schema.database import Database
from core.store.schema.tables import examples, mark_lists, marks

LONGEST_KIND = 20


class Marks:
    def __init__(self, database: Database):
        self._database = database

    def replace(self, dataset_id: str, kind: str, payloads: Mapping[str, str], about: str = "") -> None:
        """Puts these marks (example id -> text, first rank first) in the place of all of the kind. Ids of
        rows that are gone are left out. `about` says what they were worked out from. The dataset's version
        stays: no row changes. NotFound, DataError."""
        if not kind or len(kind) > LONGEST_KIND:
            raise UsageError("A kind of marks needs a name of up to " + str(LONGEST_KIND) + " letters.")
        storable(about, "What the marks are about")
        here = (marks.c.dataset_id == dataset_id, marks.c.kind == kind)
        with self._database.write() as connection:
            lock(connection, dataset_id)
            known = set(connection.scalars(select(examples.c.id).where(examples.c.dataset_id == dataset_id)))
            connection.execute(delete(marks).where(*here))
            connection.execute(
                delete(mark_lists).where(mark_lists.c.dataset_id == dataset_id, mark_lists.c.kind == kind)
            )
            connection.execute(insert(mark_lists).values(dataset_id=dataset_id, kind=kind, about=about))
            rows = [(example_id, text) for example_id, text in payloads.items() if example_id in known]
            if rows:
                connection.execute(
                    insert(marks),
                    [
                        {
                            "dataset_id": dataset_id,
                            "kind": kind,
                            "example_id": example_id,
                            "rank": rank,
                            "payload": storable(text, "A mark"),
                        }
                        for rank, (example_id, text) in enumerate(rows)
                    ],
                )

    def get(self, dataset_id: str, kind: str) -> dict[str, str]:
        """Example id -> text, in rank order; empty where there are none."""
        m = marks.c
        query = (
            select(m.example_id, m.payload).where(m.dataset_id == dataset_id, m.kind == kind).order_by(m.rank)
        )
        with self._database.read() as connection:
            return {row.example_id: row.payload for row in connection.execute(query)}

    def of(self, dataset_id: str, example_id: str) -> dict[str, str]:
        """All marks of one row: kind -> text."""
        m, kinds = marks.c, select(mark_lists.c.kind).where(mark_lists.c.dataset_id == dataset_id)
        query = (
            select(m.kind, m.payload)
            .where(m.dataset_id == dataset_id, m.kind.in_(kinds), m.example_id == example_id)
            .order_by(m.kind)
        )
        with self._database.read() as connection:
            return {row.kind: row.payload for row in connection.execute(query)}

    def about(self, dataset_id: str, kind: str) -> str:
        """What the marks were worked out from, as `replace` was told; empty where they never were."""
        here = (mark_lists.c.dataset_id == dataset_id, mark_lists.c.kind == kind)
        with self._database.read() as connection:
            return connection.scalar(select(mark_lists.c.about).where(*here)) or ""
