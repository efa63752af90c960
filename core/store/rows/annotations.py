"""Labels that second persons gave to rows, kept beside the labels that the rows have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from core.errors import DataError
from core.label_sets.sets import label_names, set_label
from core.store.codec import storable
from core.store.rows.changes import checked_label
from core.store.rows.dataset_head import label_set, lock
from core.store.rows.examples import stored_rows
from core.store.rows.records import Annotation
from core.store.schema.database import Database
from core.store.schema.tables import second_labels


class Annotations:
    """One label a row and annotator: a later one takes the place of the earlier. The dataset's version stays,
    for no row changes."""

    def __init__(self, database: Database):
        self._database = database

    def give(
        self, dataset_id: str, annotator: str, example_id: str, label: str, note: str = ""
    ) -> Annotation:
        """Keeps the label beside the one that the row has now. NotFound for a row that is gone, DataError for a
        label that is not in the label set, or an annotator without a name."""
        name = storable(annotator, "The annotator's name").strip()
        if not name:
            raise DataError("The annotator has no name: type one.")
        wanted, a = checked_label(label), second_labels.c
        with self._database.write() as connection:
            lock(connection, dataset_id)
            row = stored_rows(connection, dataset_id, [example_id])[example_id]
            labels = label_set(connection, dataset_id)
            wanted = set_label(label_names(wanted)) if labels.several else wanted
            given_names = label_names(wanted) if labels.several else (wanted,)
            if not set(given_names) <= set(labels.names):
                raise DataError(
                    "The label “" + wanted + "” is not in the label set: choose one of its labels."
                )
            given = Annotation(
                example_id, name, wanted, storable(note, "The note").strip(), self._database.now(), row.label
            )
            connection.execute(
                delete(second_labels).where(
                    a.dataset_id == dataset_id, a.annotator == name, a.example_id == example_id
                )
            )
            connection.execute(
                insert(second_labels).values(
                    dataset_id=dataset_id,
                    annotator=name,
                    example_id=example_id,
                    at=given.at,
                    settled=None,
                    label=wanted,
                    first=given.first,
                    note=given.note,
                )
            )
        return given

    def take_back(self, dataset_id: str, annotator: str, example_id: str) -> None:
        """Nothing where there is none."""
        a = second_labels.c
        with self._database.write() as connection:
            lock(connection, dataset_id)
            connection.execute(
                delete(second_labels).where(
                    a.dataset_id == dataset_id, a.annotator == annotator, a.example_id == example_id
                )
            )

    def settle(self, dataset_id: str, annotator: str, example_id: str, settled: bool = True) -> None:
        """Marks as decided which of the two labels is right, or as open again."""
        a = second_labels.c
        with self._database.write() as connection:
            lock(connection, dataset_id)
            connection.execute(
                update(second_labels)
                .where(a.dataset_id == dataset_id, a.annotator == annotator, a.example_id == example_id)
                .values(settled=self._database.now() if settled else None)
            )

    def of(self, dataset_id: str, annotator: str) -> tuple[Annotation, ...]:
        """In the order in which they were given."""
        a = second_labels.c
        query = (
            select(a.example_id, a.annotator, a.label, a.note, a.at, a.first, a.settled)
            .where(a.dataset_id == dataset_id, a.annotator == annotator)
            .order_by(a.at, a.example_id)
        )
        with self._database.read() as connection:
            return tuple(Annotation(*row) for row in connection.execute(query))

    def annotators(self, dataset_id: str) -> dict[str, int]:
        """How many rows each has labelled, by name."""
        a = second_labels.c
        query = (
            select(a.annotator, func.count())
            .where(a.dataset_id == dataset_id)
            .group_by(a.annotator)
            .order_by(a.annotator)
        )
        with self._database.read() as connection:
            return {name: number for name, number in connection.execute(query)}


def rename_labels(connection: Connection, dataset_id: str, old: Sequence[str], new: str) -> None:
    """Second labels follow where labels of rows are renamed or merged."""
    for column in (second_labels.c.label, second_labels.c.first):
        values: Mapping[str, str] = {column.name: new}
        connection.execute(
            update(second_labels)
            .where(second_labels.c.dataset_id == dataset_id, column.in_(old))
            .values(values)
        )
