"""How much room the database takes, table by table, and giving back what is free in it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, inspect, select, table, text
from sqlalchemy.exc import DBAPIError, OperationalError

from core.errors import StoreError
from core.store.schema.database import Database

SIDE_FILES = ("", "-wal", "-shm")  # of SQLite

# Pages of a table and of its indexes.
_SQLITE_SIZES = """select s.tbl_name, sum(d.pgsize) from dbstat d join sqlite_schema s on s.name = d.name
where d.aggregate = true group by s.tbl_name"""
_SERVER_SIZES = (
    "select relname, pg_total_relation_size(oid) from pg_class where relkind = 'r' and relname = any(:names)"
)


@dataclass(frozen=True, slots=True)
class TableSize:
    """`bytes`: with its indexes; None where this SQLite cannot tell."""

    name: str
    rows: int
    bytes: int | None


class Storage:
    def __init__(self, database: Database):
        self._database = database

    def bytes(self) -> int:
        """Of the whole database."""
        path = self._database.path
        if path is None:
            with self._database.read() as connection:
                return int(connection.scalar(text("select pg_database_size(current_database())")) or 0)
        files = (path.with_name(path.name + ending) for ending in SIDE_FILES)
        return sum(file.stat().st_size for file in files if file.is_file())

    def free_bytes(self) -> int:
        """What `compact` would give back to the disk at least; 0 where that is not known (on a server)."""
        return self._pages("freelist_count")

    def log_bytes(self) -> int:
        """Of SQLite's log, what is in the database as well or has been changed since: given back by `compact`, and when the
        last program closes the database. 0 on a server."""
        path = self._database.path
        if path is None:
            return 0
        files = (path, path.with_name(path.name + "-wal"))
        return max(
            0, sum(file.stat().st_size for file in files if file.is_file()) - self._pages("page_count")
        )

    def _pages(self, which: str) -> int:
        """In bytes; 0 on a server."""
        if self._database.path is None:
            return 0
        with self._database.read() as connection:
            pages, size = (connection.scalar(text("pragma " + name)) or 0 for name in (which, "page_size"))
        return int(pages) * int(size)

    def tables(self) -> tuple[TableSize, ...]:
        """The largest first. Reads the whole file: seconds where it has gigabytes."""
        with self._database.read() as connection:
            names = inspect(connection).get_table_names()
            sizes = self._sizes(names)
            rows = {name: _count(connection, name) for name in names}
        found = (TableSize(name, rows[name], sizes.get(name)) for name in names)
        return tuple(sorted(found, key=lambda each: (-(each.bytes or 0), -each.rows, each.name)))

    def compact(self) -> None:
        """Rewrites the database without what is free in it. StoreError where the disk has no room for the copy that
        this takes, or somebody is in the way."""
        path = self._database.path
        if path is not None and shutil.disk_usage(path.parent).free < path.stat().st_size:
            raise StoreError(
                "The database cannot be made smaller: a copy of it is written first, and the disk has no room for that; make "
                "some, then try again."
            )
        with self._database.write():  # refused where nothing may be changed
            pass
        if path is None:
            _compact_server(self._database)
            return
        connection = self._database.writer.raw_connection()  # not possible inside a transaction
        try:
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise StoreError(
                f"The database could not be made smaller ({error}): try again when nothing else works on it."
            ) from error
        finally:
            connection.close()

    def _sizes(self, names: list[str]) -> Mapping[str, int]:
        try:
            with self._database.reader.connect() as connection, connection.begin():
                if self._database.path is None:
                    found = connection.execute(text(_SERVER_SIZES), {"names": names})
                else:
                    found = connection.execute(text(_SQLITE_SIZES))
                return {name: int(size) for name, size in found}
        except OperationalError:  # a SQLite without dbstat
            return {}


def _count(connection: Connection, name: str) -> int:
    return connection.scalar(select(func.count()).select_from(table(name))) or 0


def _compact_server(database: Database) -> None:
    try:
        with database.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in inspect(connection).get_table_names():
                quoted = connection.dialect.identifier_preparer.quote(name)
                connection.execute(text("VACUUM (FULL, ANALYZE) " + quoted))
    except DBAPIError as error:
        raise StoreError(
            f"The database could not be made smaller ({str(error.orig).splitlines()[0]}): ask whoever runs the server."
        ) from error
