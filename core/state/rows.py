"""Rows of a dataset: a page of them, counts of them, their splits; edits that can be undone come from changing.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from core.errors import DataError, NotFound, UsageError
from core.state.changing import Changing
from core.state.codec import decode
from core.state.datasets import bump, lock, missing
from core.state.records import Row, RowCounts, RowPage, RowQuery
from core.state.tables import datasets, examples
from core.types import SPLITS, LabelSet

COLUMNS = tuple(examples.c[field.name] for field in fields(Row))
LONGEST_PAGE = 1_000
LONGEST_SEARCH = 2_000  # characters; SQLite refuses patterns from 50,000 bytes on


class Rows(Changing):
    def page(self, dataset_id: str, query: RowQuery = RowQuery()) -> RowPage:
        """The rows of one page, at most 1,000. UsageError for a sort that is no field of Row, NotFound."""
        size = max(1, min(query.size, LONGEST_PAGE))
        with self._database.read() as connection:
            _labels(connection, dataset_id)
            places, total, page = _places(connection, dataset_id, query, size)
            shown = select(*COLUMNS).where(examples.c.dataset_id == dataset_id, examples.c.position.in_(places)).order_by(*_order(query))
            return RowPage(tuple(Row(*row) for row in connection.execute(shown)), total, page)

    def counts(self, dataset_id: str) -> RowCounts:
        e = examples.c
        grouped = (
            select(e.label, e.split, e.excluded, func.count().label("n"), func.count().filter(e.noted).label("noted"),
                   func.count().filter(e.canonical).label("canonical"))
            .where(e.dataset_id == dataset_id)
            .group_by(e.label, e.split, e.excluded)
        )
        with self._database.read() as connection:
            labels = dict.fromkeys(_labels(connection, dataset_id).names, 0)
            groups = connection.execute(grouped).all()
        splits: dict[str, int] = {}
        for group in groups:
            if not group.excluded:
                labels[group.label] = labels.get(group.label, 0) + group.n
                splits[group.split] = splits.get(group.split, 0) + group.n
        return RowCounts(
            total=sum(group.n for group in groups),
            excluded=sum(group.n for group in groups if group.excluded),
            noted=sum(group.noted for group in groups),
            canonical=sum(group.canonical for group in groups),
            labels=labels,
            splits={name: splits[name] for name in (*SPLITS, "") if name in splits},
        )

    def assign_splits(self, dataset_id: str, splits: Mapping[str, str]) -> None:
        """Fixes the split of these rows (example id -> split), so that later runs compare on the same rows. Others keep
        theirs; nothing changes, the version neither, where all have it already. NotFound names a row that is not there."""
        wrong = [split for split in splits.values() if split and split not in SPLITS]
        if wrong:
            raise DataError("“" + wrong[0] + "” is no split: use train, validation or test.")
        e = examples.c
        with self._database.write() as connection:
            lock(connection, dataset_id)
            stored = {row.id: row.split for row in connection.execute(select(e.id, e.split).where(e.dataset_id == dataset_id))}
            lost = [example_id for example_id in splits if example_id not in stored]
            if lost:
                raise NotFound("There is no row “" + lost[0] + "” in this dataset: load the rows again.")
            news = [{"row": example_id, "to": split} for example_id, split in splits.items() if stored[example_id] != split]
            if news:
                statement = update(examples).where(e.dataset_id == dataset_id, e.id == bindparam("row"))
                connection.execute(statement.values(split=bindparam("to"), version=e.version + 1), news)
                bump(connection, dataset_id)


def _places(connection: Connection, dataset_id: str, query: RowQuery, size: int) -> tuple[Sequence[int], int, int]:
    """(positions of the rows to show, rows that match, page). Without their texts, skipping many rows is cheap;
    a search has to read every text, so it is done once and counted here."""
    wanted = _conditions(dataset_id, query)
    places = select(examples.c.position).where(*wanted).order_by(*_order(query))
    found = connection.scalars(places).all() if query.search else None
    total = len(found) if found is not None else connection.scalar(select(func.count()).select_from(examples).where(*wanted)) or 0
    page = max(1, min(query.page, -(-total // size)))
    first = (page - 1) * size
    if found is not None:
        return found[first:first + size], total, page
    return connection.scalars(places.limit(size).offset(first)).all(), total, page


def _conditions(dataset_id: str, query: RowQuery) -> list[ColumnElement[bool]]:
    """The conditions of a query, all of which must hold."""
    e = examples.c
    wanted: list[ColumnElement[bool]] = [e.dataset_id == dataset_id]
    wanted += [e.label.in_(query.labels)] if query.labels else []
    wanted += [e.split.in_(query.splits)] if query.splits else []
    for column, choice in ((e.excluded, query.excluded), (e.noted, query.noted), (e.canonical, query.canonical)):
        wanted += [column.is_(choice)] if choice is not None else []
    if query.search.strip():
        needle = query.search.strip()[:LONGEST_SEARCH].lower().encode("utf-8", "replace").decode().replace("\0", "")
        wanted.append(func.lower(e.id + "\n" + e.note + "\n" + e.text).contains(needle, autoescape=True))
    return wanted


def _order(query: RowQuery) -> list[ColumnElement]:
    """The column asked for, then the position, so that equal rows keep their place."""
    if query.sort not in {field.name for field in fields(Row)}:
        raise UsageError("Rows cannot be sorted by “" + query.sort + "”: use " + ", ".join(field.name for field in fields(Row)) + ".")
    columns = [examples.c[query.sort]] + ([examples.c.position] if query.sort != "position" else [])
    return [column.desc() for column in columns] if query.descending else columns


def _labels(connection: Connection, dataset_id: str) -> LabelSet:
    stored = connection.scalar(select(datasets.c.labels).where(datasets.c.id == dataset_id))
    if stored is None:
        raise missing()
    return decode(stored, LabelSet)
