"""Which rows a query means, and in which order, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from core.data.fields import EXTRAS, FLAGS
from core.errors import UsageError
from core.store.records import CONTRADICTED, REPEATED, SUSPECT, WRONG, Row, RowQuery
from core.store.schema.tables import examples, marks

LONGEST_SEARCH = 2_000  # characters; SQLite refuses patterns from 50,000 bytes on
DOUBT = "doubt"
SEARCHED = (*(field.name for field in EXTRAS if field.kind == "text"), "text")
SORTS = (*(field.name for field in fields(Row)), DOUBT)


def conditions(dataset_id: str, query: RowQuery) -> list[ColumnElement[bool]]:
    """The conditions of a query, all of which must hold."""
    e = examples.c
    wanted: list[ColumnElement[bool]] = [e.dataset_id == dataset_id]
    for column, choices in ((e.label, query.labels), (e.split, query.splits), (e.source, query.sources)):
        wanted += [column.in_(choices)] if choices else []
    for flag in (*FLAGS, "noted"):
        choice = getattr(query, flag)
        wanted += [e[flag].is_(choice)] if choice is not None else []
    for holds, choice in (
        (e.edits > 0, query.edited),
        (e.review != "", query.reviewed),
        (e.label == "", query.unlabelled),
        (in_doubt(dataset_id), query.suspect),
        (marked(dataset_id, WRONG), query.wrong),
        (marked(dataset_id, REPEATED), query.repeated),
        (marked(dataset_id, CONTRADICTED), query.contradicted),
    ):
        wanted += [holds if choice else ~holds] if choice is not None else []
    wanted += [e.label != ""] if query.excluded else []
    if query.search.strip():
        needle = (
            query.search.strip()[:LONGEST_SEARCH]
            .lower()
            .encode("utf-8", "replace")
            .decode()
            .replace("\0", "")
        )
        columns: list[ColumnElement[str]] = [e[name] for name in SEARCHED]
        searched = reduce(lambda one, other: one + "\n" + other, columns)
        wanted.append(func.lower(searched).contains(needle, autoescape=True))
    return wanted


def marked(dataset_id: str, kind: str) -> ColumnElement[bool]:
    m = marks.c
    return examples.c.id.in_(select(m.example_id).where(m.dataset_id == dataset_id, m.kind == kind))


def in_doubt(dataset_id: str) -> ColumnElement[bool]:
    """A doubt that nobody has decided yet: what was reviewed or excluded is doubted no more."""
    return and_(marked(dataset_id, SUSPECT), examples.c.review == "", ~examples.c.excluded)


def row_positions(
    connection: Connection, dataset_id: str, query: RowQuery, size: int
) -> tuple[Sequence[int], int, int]:
    """(positions of the rows to show, in order; rows that match; page). Without their texts, skipping many
    rows is cheap; a search has to read every text, so it is done once and counted here. UsageError for a sort
    there is not."""
    if query.sort not in SORTS:
        raise UsageError("Rows cannot be sorted by “" + query.sort + "”: use " + ", ".join(SORTS) + ".")
    wanted = conditions(dataset_id, query)
    matching = in_order(select(examples.c.position).where(*wanted), dataset_id, query)
    positions = connection.scalars(matching).all() if query.search.strip() else None
    total = (
        len(positions)
        if positions is not None
        else connection.scalar(select(func.count()).select_from(examples).where(*wanted)) or 0
    )
    page = max(1, min(query.page, -(-total // size)))
    first = (page - 1) * size
    if positions is not None:
        return positions[first : first + size], total, page
    return connection.scalars(matching.limit(size).offset(first)).all(), total, page


def in_order(rows: Select[Any], dataset_id: str, query: RowQuery) -> Select[Any]:
    """By the column asked for, then by position, so that equal rows keep their place. Rows without doubt are
    last, either way."""
    if query.sort == DOUBT:
        m = marks.c
        rows = rows.outerjoin(
            marks, and_(m.dataset_id == dataset_id, m.kind == SUSPECT, m.example_id == examples.c.id)
        )
        rank = m.rank.desc() if query.descending else m.rank
        return rows.order_by(m.rank.is_(None), rank, examples.c.position)
    columns = [examples.c[query.sort]] + ([examples.c.position] if query.sort != "position" else [])
    return rows.order_by(*(column.desc() if query.descending else column for column in columns))
