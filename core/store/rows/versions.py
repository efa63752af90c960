"""Named versions of a dataset: a name for its rows and labels as they are, and the way back to them.

Change sets are undone and redone as a stack, so a version is the set that was on top of it. Its rows are those of today
with the sets above taken back, and those that were undone since made again. Parts that a run chose for rows that had none
are in no set: they hold for every version, which keeps runs comparable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select
from sqlalchemy import Row as SqlRow

from core.data.fields import FLAGS
from core.errors import DataError, NotFound
from core.prompts.label_match import fold
from core.store.codec import decode, new_id, storable
from core.store.dataset_version import DatasetVersion
from core.store.records import KEPT, Row
from core.store.rows.changes import ADDED, YES
from core.store.rows.dataset_head import lock, missing, stored_template
from core.store.schema.database import Database
from core.store.schema.tables import change_sets, changes, datasets, examples
from core.store.schema.version_tables import dataset_versions
from core.types import Dataset, Example, LabelSet

NOW = "now"  # the dataset as it is, where a version is named
LONGEST_NAME = 80
_RECORD = ("id", "dataset_id", "name", "why", "who", "at", "version", "last_set")
_SAME = tuple(field.name for field in fields(Example) if field.name != "reviewed")


class Versions:
    def __init__(self, database: Database):
        self._database = database

    def add(self, dataset_id: str, name: str, why: str = "", who: str = "") -> DatasetVersion:
        """Gives the dataset as it is this name. DataError for a name that is empty, too long, taken, or cannot be
        typed behind @; NotFound."""
        made = checked_name(name), storable(why, "The reason").strip()
        with self._database.write() as connection:
            head = lock(connection, dataset_id)
            taken = {fold(each.name): each.name for each in _of_dataset(connection, dataset_id)}
            if twin := taken.get(fold(made[0])):
                raise DataError("There is a version “" + twin + "” already: choose another name.")
            s = change_sets.c
            applied = select(func.max(s.number)).where(s.dataset_id == dataset_id, s.state == "applied")
            version = DatasetVersion(
                new_id(),
                dataset_id,
                *made,
                who or self._database.who,
                self._database.now(),
                head.version,
                connection.scalar(applied) or 0,
                decode(head.labels, LabelSet),
            )
            columns = {column: getattr(version, column) for column in _RECORD}
            connection.execute(insert(dataset_versions).values(**columns, labels=head.labels))
        return version

    def all(self, dataset_id: str) -> tuple[DatasetVersion, ...]:
        """Newest first."""
        with self._database.read() as connection:
            return tuple(_of_dataset(connection, dataset_id))

    def changed_before(self, version: DatasetVersion, at: float) -> bool:
        """Whether the dataset was changed after the version got its name and before this moment (seconds since 1970)."""
        s = change_sets.c
        since = s.dataset_id == version.dataset_id, s.number > version.last_set, s.at < at
        with self._database.read() as connection:
            return connection.execute(select(s.number).where(*since).limit(1)).first() is not None

    def remove(self, version_id: str) -> None:
        """Takes the name away; the rows stay as they are. NotFound."""
        with self._database.write() as connection:
            gone = connection.execute(delete(dataset_versions).where(dataset_versions.c.id == version_id))
            if gone.rowcount != 1:
                raise NotFound("There is no such version: it may have been removed; choose another.")

    def dataset(self, version: DatasetVersion) -> Dataset:
        """All rows and the labels as they were, excluded rows too. NotFound where the dataset is gone."""
        with self._database.read() as connection:
            head = connection.execute(select(datasets).where(datasets.c.id == version.dataset_id)).first()
            if head is None:
                raise missing()
            rows = _rows_then(connection, version)
        ordered = sorted(rows, key=lambda row: row.position)
        found = tuple(_example(row) for row in ordered)
        template = stored_template(head.template)
        return Dataset(head.name, version.labels, found, version.dataset_id, version.version, template)


def checked_name(name: str) -> str:
    """The name as it is stored. DataError."""
    stripped = " ".join(storable(name, "The name").split())
    if not stripped:
        raise DataError("The version has no name: give it one.")
    if len(stripped) > LONGEST_NAME:
        raise DataError(f"The name of a version has at most {LONGEST_NAME} characters: shorten it.")
    if "@" in stripped or fold(stripped) == NOW:
        raise DataError(f"A version cannot be called “{stripped}”: use a name without @, and not “{NOW}”.")
    return stripped


# ---- private


def _of_dataset(connection: Connection, dataset_id: str) -> Iterable[DatasetVersion]:
    v = dataset_versions.c
    query = select(dataset_versions).where(v.dataset_id == dataset_id).order_by(v.number.desc())
    for row in connection.execute(query):
        columns = {column: getattr(row, column) for column in _RECORD}
        yield DatasetVersion(**columns, labels=decode(row.labels, LabelSet))


def _rows_then(connection: Connection, version: DatasetVersion) -> Iterable[Row]:
    columns = (examples.c[field.name] for field in fields(Row))
    stored = connection.execute(select(*columns).where(examples.c.dataset_id == version.dataset_id))
    rows = {row.id: Row(*row) for row in stored}
    s, c = change_sets.c, changes.c
    since = _changes_of(version).where(s.state == "applied", s.number > version.last_set)
    for change in connection.execute(since.order_by(s.number.desc(), c.number.desc())):
        _apply(rows, change, change.before)
    # undone, but later than the version: before it, they were not in force
    undone = _changes_of(version).where(
        s.state != "applied", s.number <= version.last_set, s.version > version.version
    )
    for change in connection.execute(undone.order_by(s.number, c.number)):
        _apply(rows, change, change.after)
    return rows.values()


def _changes_of(version: DatasetVersion) -> Select[Any]:
    joined = select(changes).join(change_sets, change_sets.c.id == changes.c.set_id)
    return joined.where(change_sets.c.dataset_id == version.dataset_id)


def _apply(rows: dict[str, Row], change: SqlRow[Any], value: str) -> None:
    """A row that a set added is there, as it was last, only while the set is undone."""
    if change.field != ADDED:
        news: Any = value == YES if change.field in FLAGS else value
        rows[change.example_id] = replace(rows[change.example_id], **{change.field: news})
    elif value:
        rows[change.example_id] = decode(value, Row)
    else:
        rows.pop(change.example_id)


def _example(row: Row) -> Example:
    same = {name: getattr(row, name) for name in _SAME}
    return Example(**same, reviewed=row.review == KEPT)
