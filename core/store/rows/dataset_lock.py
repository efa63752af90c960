"""A dataset's own row: held while something of the dataset changes, and a version on afterwards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from core.errors import NotFound
from core.store.codec import decode, encode
from core.store.schema.tables import datasets
from core.types import LabelSet


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
