"""Datasets: whole ones in and out, their names, labels and definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, func, insert, select, update

from core.errors import Conflict, DataError
from core.label_sets.sets import all_names
from core.store.codec import decode, encode, new_id, storable
from core.store.records import DatasetInfo, RunStatus
from core.store.rows.dataset_head import lock, missing, read_dataset, stored_template
from core.store.rows.examples import values
from core.store.rows.labels import Labels
from core.store.schema.database import Database
from core.store.schema.feedback_tables import answers, feedback, rules
from core.store.schema.tables import (
    champions,
    change_sets,
    changes,
    datasets,
    examples,
    mark_lists,
    marks,
    runs,
    second_labels,
)
from core.store.schema.version_tables import dataset_versions
from core.types import Dataset, LabelSet


class Datasets:
    def __init__(self, database: Database):
        self._database = database

    def add(self, dataset: Dataset, origin: str, scorer: str = "") -> str:
        """Stores a dataset under a new id, which is returned (`dataset.id` and `.version` are not looked at).
        A name that is taken becomes "name (2)". Labels that rows use and the label set lacks are added to it.
        An excluded row may be without a label. With a `scorer` their labels are free answers. DataError for an empty
        name, another empty label, an id used twice, or text that no database can hold."""
        rows = [values(example, position) for position, example in enumerate(dataset.examples)]
        _refuse_doubles(rows)
        used = [str(row["label"]) for row in rows if row["label"]]
        used = all_names(used) if dataset.labels.several else used
        names = tuple(dict.fromkeys((*dataset.labels.names, *used)))
        labels = encode(replace(dataset.labels, names=names))
        dataset_id, name = new_id(), _name(dataset.name)
        with self._database.write() as connection:
            connection.execute(
                insert(datasets).values(
                    id=dataset_id,
                    name=_free(connection, name),
                    origin=storable(origin, "The origin"),
                    labels=labels,
                    version=1,
                    created=self._database.now(),
                    template=encode(dataset.template) if dataset.template else "",
                    scorer=scorer,
                )
            )
            if rows:
                connection.execute(insert(examples), [{"dataset_id": dataset_id, **row} for row in rows])
        return dataset_id

    def found_or_made(self, name: str, labels: LabelSet, origin: str) -> str:
        """The id of the dataset with exactly this name, which is made without rows if there is none: one,
        whoever asks at once."""
        name, dataset_id = _name(name), new_id()
        with self._database.write() as connection:
            known = connection.scalar(select(datasets.c.id).where(datasets.c.name == name))
            if known is not None:
                return str(known)
            connection.execute(
                insert(datasets).values(
                    id=dataset_id,
                    name=name,
                    origin=storable(origin, "The origin"),
                    labels=encode(labels),
                    version=1,
                    created=self._database.now(),
                )
            )
        return dataset_id

    def version(self, dataset_id: str) -> int:
        """Grows with every change: a cheap question, for caches. NotFound."""
        with self._database.read() as connection:
            number = connection.scalar(select(datasets.c.version).where(datasets.c.id == dataset_id))
        if number is None:
            raise missing()
        return int(number)

    def all(self) -> tuple[DatasetInfo, ...]:
        """Every dataset, in the order they were added."""
        with self._database.read() as connection:
            return tuple(_info(row) for row in connection.execute(_infos().order_by(datasets.c.number)))

    def info(self, dataset_id: str) -> DatasetInfo:
        with self._database.read() as connection:
            row = connection.execute(_infos().where(datasets.c.id == dataset_id)).first()
        if row is None:
            raise missing()
        return _info(row)

    def get(self, dataset_id: str) -> Dataset:
        """All rows in their order, excluded ones too."""
        with self._database.read() as connection:
            return read_dataset(connection, dataset_id)

    def find(self, name: str) -> str | None:
        """The id of the dataset with exactly this name."""
        with self._database.read() as connection:
            return connection.scalar(select(datasets.c.id).where(datasets.c.name == name))

    def rename(self, dataset_id: str, name: str) -> str:
        """Returns the name it got: with a number behind it where the wanted one is taken."""
        wanted = _name(name)
        with self._database.write() as connection:
            lock(connection, dataset_id)
            free = _free(connection, wanted, but=dataset_id)
            connection.execute(update(datasets).where(datasets.c.id == dataset_id).values(name=free))
        return free

    def set_scorer(self, dataset_id: str, scorer: str) -> None:
        """What scores its answers from now on; empty where they are labels. NotFound."""
        with self._database.write() as connection:
            lock(connection, dataset_id)
            connection.execute(update(datasets).where(datasets.c.id == dataset_id).values(scorer=scorer))

    def set_definitions(self, dataset_id: str, definitions: Mapping[str, str]) -> None:
        """Replaces all definitions; empty ones are left out. An undoable change, as `labels.define` makes,
        which is for some of them. DataError for a label that is not in the label set."""
        names = self.info(dataset_id).labels.names
        Labels(self._database).define(dataset_id, {**dict.fromkeys(names, ""), **definitions})

    def delete(self, dataset_id: str) -> None:
        """Removes the dataset with its history and champions. Its runs stay, with the rows they were started
        on. Conflict while a run on it is under way."""
        busy = select(runs.c.id).where(runs.c.dataset_id == dataset_id, runs.c.status == RunStatus.RUNNING)
        with self._database.write() as connection:
            lock(connection, dataset_id)
            if connection.scalar(busy) is not None:
                raise Conflict(
                    "A run is working on this dataset: stop the run first, then delete the dataset."
                )
            connection.execute(delete(changes).where(changes.c.dataset_id == dataset_id))
            parts = (
                change_sets,
                champions,
                marks,
                mark_lists,
                second_labels,
                dataset_versions,
                examples,
                feedback,
                answers,
                rules,
            )
            for table in parts:
                connection.execute(delete(table).where(table.c.dataset_id == dataset_id))
            connection.execute(delete(datasets).where(datasets.c.id == dataset_id))


# ---- private


def _infos() -> Select[Any]:
    e = examples.c
    counted = (
        select(
            e.dataset_id,
            func.count().label("rows"),
            func.count().filter(e.excluded, e.label != "").label("excluded"),
            func.count().filter(e.label == "").label("unlabelled"),
        )
        .group_by(e.dataset_id)
        .subquery()
    )
    crowned = exists().where(champions.c.dataset_id == datasets.c.id).label("champion")
    return select(datasets, counted.c.rows, counted.c.excluded, counted.c.unlabelled, crowned).outerjoin(
        counted, counted.c.dataset_id == datasets.c.id
    )


def _info(row: Row[Any]) -> DatasetInfo:
    return DatasetInfo(
        row.id,
        row.name,
        row.rows or 0,
        row.excluded or 0,
        decode(row.labels, LabelSet),
        row.version,
        row.created,
        row.origin,
        bool(row.champion),
        row.unlabelled or 0,
        stored_template(row.template),
        row.scorer,
    )


def _refuse_doubles(rows: list[dict[str, object]]) -> None:
    seen: set[object] = set()
    for row in rows:
        if row["id"] in seen:
            raise DataError("The id “" + str(row["id"]) + "” is used by two rows: give every row its own.")
        seen.add(row["id"])


def _name(name: str) -> str:
    stripped = storable(name, "The name").strip()
    if not stripped:
        raise DataError("The dataset has no name: give it one.")
    return stripped


def _free(connection: Connection, name: str, but: str = "") -> str:
    """The name, with the first number behind it that makes it unique."""
    taken = set(connection.scalars(select(datasets.c.name).where(datasets.c.id != but)))
    number, free = 1, name
    while free in taken:
        number += 1
        free = name + " (" + str(number) + ")"
    return free
