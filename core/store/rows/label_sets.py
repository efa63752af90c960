"""Rows with several labels: which of them have a label, and their sets where the label set changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Connection, select

from core.errors import DataError
from core.label_sets.sets import RESERVED, label_names, set_label
from core.store.records import Change, RowQuery
from core.store.rows.change_sets import ChangeSet
from core.store.rows.changes import YES
from core.store.rows.dataset_head import label_set
from core.store.schema.tables import examples, second_labels
from core.types import LabelSet


def with_sets(connection: Connection, dataset_id: str, query: RowQuery) -> RowQuery:
    """A query for labels as one for the sets that hold one of them, where rows have several."""
    if not query.labels or not label_set(connection, dataset_id).several:
        return query
    wanted = set(query.labels)
    sets = (each for each in _sets(connection, dataset_id) if wanted.intersection(label_names(each)))
    return replace(query, labels=(*query.labels, *sets))


def canonical_changes(wanted: Iterable[Change], labels: LabelSet) -> list[Change]:
    """The changes, each set of labels in its one order."""
    return [
        replace(change, value=set_label(label_names(str(change.value))))
        if labels.several and change.field == "label"
        else change
        for change in wanted
    ]


def refuse_reserved(name: str) -> None:
    """DataError for a name that would be taken for several labels."""
    if RESERVED in name:
        raise DataError(
            f"The label “{name}” holds the sign {RESERVED} that stands between several labels: use a different name."
        )


def change_sets_of_rows(
    connection: Connection, dataset_id: str, change_set: ChangeSet, gone: tuple[str, ...], into: str
) -> int:
    """Rows with one of the labels that go get `into` in its place; with "" they lose it, and those that had no other
    are excluded. Second labels follow. Returns how many rows changed."""
    e, rows = examples.c, 0
    for before, after in _moved(_sets(connection, dataset_id), gone, into):
        where = [e.dataset_id == dataset_id, e.label == before]
        field, value = ("label", after) if after else ("excluded", YES)
        rows = change_set.add_all(field, value, where, behind=rows)
    return rows


def second_labels_moved(
    connection: Connection, dataset_id: str, gone: tuple[str, ...], into: str
) -> list[tuple[str, str]]:
    """Pairs of a set that a second person gave, or saw, and what it becomes."""
    a = second_labels.c
    found = {
        label
        for column in (a.label, a.first)
        for label in connection.scalars(select(column).distinct().where(a.dataset_id == dataset_id))
    }
    return [(before, after) for before, after in _moved(sorted(found), gone, into) if after]


def _moved(sets: Iterable[str], gone: tuple[str, ...], into: str) -> Iterator[tuple[str, str]]:
    for before in sets:
        names = label_names(before)
        if not set(gone).intersection(names):
            continue
        kept = [name for name in names if name not in gone]
        yield before, set_label([*kept, *([into] if into else [])])


def _sets(connection: Connection, dataset_id: str) -> list[str]:
    e = examples.c
    found = select(e.label).distinct().where(e.dataset_id == dataset_id, e.label != "").order_by(e.label)
    return list(connection.scalars(found))
