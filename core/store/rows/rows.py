"""Rows of a dataset: a page of them, counts of them, their splits. What changes them is in edits.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from core.errors import DataError, NotFound
from core.label_sets.sets import label_names
from core.prompts.label_match import fold
from core.store.records import CONTRADICTED, REPEATED, WRONG, Row, RowCounts, RowPage, RowQuery
from core.store.rows.dataset_head import bump, label_set, lock
from core.store.rows.examples import AT_ONCE, rows_with
from core.store.rows.filters import in_doubt, marked, row_positions
from core.store.rows.label_sets import with_sets
from core.store.schema.database import Database
from core.store.schema.tables import examples
from core.types import SPLITS

COLUMNS = tuple(examples.c[field.name] for field in fields(Row))
LONGEST_PAGE = 1_000


class Rows:
    def __init__(self, database: Database):
        self._database = database

    def page(self, dataset_id: str, query: RowQuery = RowQuery()) -> RowPage:
        """The rows of one page, at most 1,000. UsageError for a sort that is no field of Row nor "doubt",
        NotFound."""
        size = max(1, min(query.size, LONGEST_PAGE))
        with self._database.read() as connection:
            label_set(connection, dataset_id)
            query = with_sets(connection, dataset_id, query)
            positions, total, page = row_positions(connection, dataset_id, query, size)
            rows = connection.execute(
                select(*COLUMNS).where(
                    examples.c.dataset_id == dataset_id, examples.c.position.in_(positions)
                )
            )
            by_position = {row.position: Row(*row) for row in rows}
        return RowPage(tuple(by_position[position] for position in positions), total, page)

    def some(self, dataset_id: str, ids: Sequence[str]) -> dict[str, Row]:
        """The rows with these ids; those that are gone are left out."""
        e, rows, wanted = examples.c, dict[str, Row](), list(dict.fromkeys(ids))
        with self._database.read() as connection:
            for start in range(0, len(wanted), AT_ONCE):
                query = select(*COLUMNS).where(
                    e.dataset_id == dataset_id, e.id.in_(wanted[start : start + AT_ONCE])
                )
                rows.update({row.id: Row(*row) for row in connection.execute(query)})
        return rows

    def with_text(self, dataset_id: str, text: str) -> tuple[Row, ...]:
        """The rows that have this text, whatever their case and white space, in their order."""
        with self._database.read() as connection:
            rows = rows_with(connection, dataset_id, [text]).get(fold(text), [])
        return tuple(Row(*(getattr(row, field.name) for field in fields(Row))) for row in rows)

    def one(self, dataset_id: str, example_id: str) -> Row:
        """NotFound names a row that is gone."""
        rows = self.some(dataset_id, [example_id])
        if not rows:
            raise NotFound("There is no row “" + example_id + "” in this dataset: load the rows again.")
        return rows[example_id]

    def counts(self, dataset_id: str) -> RowCounts:
        e = examples.c
        grouped = (
            select(
                e.label,
                e.split,
                e.excluded,
                func.count().label("n"),
                func.count().filter(e.noted).label("noted"),
                func.count().filter(e.canonical).label("canonical"),
                func.count().filter(e.review != "").label("reviewed"),
                func.count().filter(e.edits > 0).label("edited"),
            )
            .where(e.dataset_id == dataset_id)
            .group_by(e.label, e.split, e.excluded)
        )
        with self._database.read() as connection:
            known = label_set(connection, dataset_id)
            groups = connection.execute(grouped).all()
            suspects, wrong, repeated, contradicted = (
                _holding(connection, dataset_id, which)
                for which in (
                    in_doubt(dataset_id),
                    *(marked(dataset_id, kind) for kind in (WRONG, REPEATED, CONTRADICTED)),
                )
            )
        splits: dict[str, int] = {}
        labels = dict.fromkeys(known.names, 0)
        for group in groups:
            if not group.excluded:
                for label in label_names(group.label) if known.several else (group.label,):
                    labels[label] = labels.get(label, 0) + group.n
                splits[group.split] = splits.get(group.split, 0) + group.n
        return RowCounts(
            total=sum(group.n for group in groups),
            excluded=sum(group.n for group in groups if group.excluded and group.label),
            unlabelled=sum(group.n for group in groups if not group.label),
            labels=labels,
            splits={name: splits[name] for name in (*SPLITS, "") if name in splits},
            suspects=suspects,
            wrong=wrong,
            repeated=repeated,
            contradicted=contradicted,
            **{
                flag: sum(getattr(group, flag) for group in groups)
                for flag in ("noted", "canonical", "reviewed", "edited")
            },
        )

    def sources(self, dataset_id: str, limit: int = 1_000) -> tuple[str, ...]:
        """The sources that rows have, in order, the empty one too: what `RowQuery.sources` may hold."""
        e = examples.c
        query = select(e.source).distinct().where(e.dataset_id == dataset_id).order_by(e.source).limit(limit)
        with self._database.read() as connection:
            return tuple(connection.scalars(query))

    def assign_splits(self, dataset_id: str, splits: Mapping[str, str]) -> None:
        """Fixes the split of these rows (example id -> split), so that later runs compare on the same rows.
        Others keep theirs; nothing changes, the version neither, where all have it already. NotFound names a
        row that is not there."""
        wrong = [split for split in splits.values() if split and split not in SPLITS]
        if wrong:
            raise DataError("“" + wrong[0] + "” is no split: use train, validation or test.")
        e = examples.c
        with self._database.write() as connection:
            version = lock(connection, dataset_id).version + 1
            stored = {
                row.id: row.split
                for row in connection.execute(select(e.id, e.split).where(e.dataset_id == dataset_id))
            }
            lost = [example_id for example_id in splits if example_id not in stored]
            if lost:
                raise NotFound("There is no row “" + lost[0] + "” in this dataset: load the rows again.")
            news = [
                {"row": example_id, "to": split}
                for example_id, split in splits.items()
                if stored[example_id] != split
            ]
            if news:
                statement = update(examples).where(e.dataset_id == dataset_id, e.id == bindparam("row"))
                connection.execute(
                    statement.values(split=bindparam("to"), version=e.version + 1, changed=version), news
                )
                bump(connection, dataset_id)


def _holding(connection: Connection, dataset_id: str, which: ColumnElement[bool]) -> int:
    """Rows for which this holds: marks may outlive their row."""
    return (
        connection.scalar(
            select(func.count()).select_from(examples).where(examples.c.dataset_id == dataset_id, which)
        )
        or 0
    )
