"""A dataset's own row: held while something of the dataset changes, a version on afterwards, and read with all
its rows."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, select, update

from core.errors import NotFound
from core.store.codec import decode, encode
from core.store.records import KEPT
from core.store.schema.tables import datasets, examples
from core.types import Dataset, Example, LabelSet, TextTemplate


def missing() -> NotFound:
    return NotFound("There is no such dataset: it may have been deleted; choose another.")


def lock(connection: Connection, dataset_id: str) -> Row[Any]:
    """The dataset's own row, held until the transaction ends, so that changes of one dataset wait for each
    other. (SQLite's write transactions do so anyway, and ignore FOR UPDATE.) NotFound."""
    row = connection.execute(select(datasets).where(datasets.c.id == dataset_id).with_for_update()).first()
    if row is None:
        raise missing()
    return row


def bump(connection: Connection, dataset_id: str, labels: LabelSet | None = None) -> None:
    """A new version of the dataset, with these labels if any are given."""
    values = {"version": datasets.c.version + 1} | ({"labels": encode(labels)} if labels else {})
    connection.execute(update(datasets).where(datasets.c.id == dataset_id).values(values))


def label_set(connection: Connection, dataset_id: str) -> LabelSet:
    """NotFound."""
    stored = connection.scalar(select(datasets.c.labels).where(datasets.c.id == dataset_id))
    if stored is None:
        raise missing()
    return decode(stored, LabelSet)


def read_dataset(connection: Connection, dataset_id: str) -> Dataset:
    head = connection.execute(select(datasets).where(datasets.c.id == dataset_id)).first()
    if head is None:
        raise missing()
    e = examples.c
    columns = [e.review == KEPT if each.name == "reviewed" else e[each.name] for each in fields(Example)]
    rows = connection.execute(select(*columns).where(e.dataset_id == dataset_id).order_by(e.position))
    given = tuple(Example(*row) for row in rows)
    labels, template = decode(head.labels, LabelSet), stored_template(head.template)
    return Dataset(head.name, labels, given, head.id, head.version, template)


def stored_template(stored: str) -> TextTemplate | None:
    return decode(stored, TextTemplate) if stored else None
