"""Benchmarks: what is to be run under one name. Their runs are runs like any other, and know which benchmark
they are of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from core.errors import DataError, NotFound
from core.store.codec import new_id, storable
from core.store.records import BenchmarkRecord
from core.store.schema.database import Database
from core.store.schema.tables import benchmarks


class Benchmarks:
    def __init__(self, database: Database):
        self._database = database

    def create(self, name: str, spec: str) -> str:
        """The id of a new benchmark. `spec` is kept as it is. DataError without a name."""
        wanted, identity = _name(name), new_id()
        with self._database.write() as connection:
            connection.execute(
                insert(benchmarks).values(id=identity, name=wanted, spec=spec, created=self._database.now())
            )
        return identity

    def get(self, benchmark_id: str) -> BenchmarkRecord:
        """Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(benchmarks).where(benchmarks.c.id == benchmark_id)).first()
        if row is None:
            raise _none()
        return _record(row)

    def all(self) -> tuple[BenchmarkRecord, ...]:
        """Newest first."""
        with self._database.read() as connection:
            return tuple(
                _record(row)
                for row in connection.execute(select(benchmarks).order_by(benchmarks.c.number.desc()))
            )

    def rename(self, benchmark_id: str, name: str) -> None:
        wanted = _name(name)
        with self._database.write() as connection:
            if (
                connection.execute(
                    update(benchmarks).where(benchmarks.c.id == benchmark_id).values(name=wanted)
                ).rowcount
                != 1
            ):
                raise _none()

    def delete(self, benchmark_id: str) -> None:
        """Its runs stay."""
        with self._database.write() as connection:
            if connection.execute(delete(benchmarks).where(benchmarks.c.id == benchmark_id)).rowcount != 1:
                raise _none()


def _name(name: str) -> str:
    wanted = storable(name, "The name").strip()
    if not wanted:
        raise DataError("The benchmark has no name: give it one.")
    return wanted


def _none() -> NotFound:
    return NotFound("There is no such benchmark: it may have been deleted; choose another.")


def _record(row: Row[Any]) -> BenchmarkRecord:
    return BenchmarkRecord(row.id, row.name, row.spec, row.created)
