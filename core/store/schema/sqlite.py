"""All that is particular to SQLite: how connections are opened, how a backup is made. Nothing else knows."""

from __future__ import annotations

import logging
import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from core.errors import StoreError
from core.private_files import private_file, private_folder
from core.sqlite_files import connect_to_read, is_damage, turn_to_write_ahead

BUSY_SECONDS = 30

log = logging.getLogger(__name__)


def open_engines(path: Path) -> tuple[Engine, Engine]:
    """(reader, writer). The writer has one connection, so threads of this process queue for it instead of
    failing, and takes the write lock at the start of every transaction: a transaction that reads first and
    asks for the lock later fails at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout. Readers cannot
    write."""
    _prepare_file(path)
    url = URL.create("sqlite", database=str(path))
    writer = create_engine(
        url, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=2 * BUSY_SECONDS
    )
    reader = create_engine(url, poolclass=QueuePool, pool_size=5, max_overflow=50)
    _configure(writer, begin="BEGIN IMMEDIATE", read_only=False)
    _configure(reader, begin="BEGIN", read_only=True)
    if sqlite3.sqlite_version_info < (3, 51, 3):
        log.info(
            "SQLite %s: versions before 3.51.3 have a rare fault when several processes write at once.",
            sqlite3.sqlite_version,
        )
    return reader, writer


def engines_to_read(path: Path) -> tuple[Engine, Engine]:
    """(reader, reader), which write nothing. StoreError where there is no file."""
    if not path.is_file():
        raise StoreError(
            f"There is no workspace in {path.parent} yet, and shown read-only none is made: name another folder "
            "(WHETSTONE_WORKSPACE), or start Whetstone without WHETSTONE_READ_ONLY."
        )
    reader = create_engine(
        "sqlite://", creator=partial(connect_to_read, path), poolclass=QueuePool, pool_size=5, max_overflow=50
    )
    _configure(reader, begin="BEGIN", read_only=True)
    return reader, reader


def back_up(writer: Engine, path: Path, label: str) -> Path:
    """A copy of the database beside it, named with `label`; an older backup is never overwritten."""
    number, target = 1, path.with_name(path.name + "." + label + ".backup")
    while target.exists():
        number += 1
        target = path.with_name(path.name + "." + label + "-" + str(number) + ".backup")
    connection = writer.raw_connection()  # a backup cannot be made inside a transaction
    try:
        os.close(private_file(target))  # an empty file may be written into
        connection.cursor().execute("VACUUM INTO ?", (str(target),))
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            "The workspace has to be migrated but could not be backed up first: "
            "free some space in its folder, then start again."
        ) from error
    finally:
        connection.close()
    return target


def trouble(error: object) -> Literal["full", "damaged", ""]:
    """What the disk or the file has. A disk is full, too, where a side file could not be made longer."""
    if not isinstance(error, sqlite3.Error):
        return ""
    if getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"):
        return "full"
    return "damaged" if is_damage(error) else ""


def _prepare_file(path: Path) -> None:
    """The folder for this user only, and the file too (SQLite gives its side files the same mode)."""
    try:
        if not path.parent.exists():
            private_folder(path.parent)
        os.close(private_file(path))
    except OSError as error:
        raise StoreError(
            "The workspace file "
            + str(path)
            + " cannot be opened ("
            + (error.strerror or "unknown reason")
            + "): "
            "choose another folder or correct its permissions."
        ) from error


def _configure(engine: Engine, begin: str, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        connection.create_function(
            "lower", 1, _lower, deterministic=True
        )  # the built-in one knows ASCII only
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=" + str(BUSY_SECONDS * 1000))
        if not read_only:  # kept in the file, so readers have it too; a reader leaves a foreign file as it is
            turn_to_write_ahead(cursor.execute, BUSY_SECONDS)
        # A commit waits for the disk, so that what is saved outlives the power; a Mac's waits only if told so.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA fullfsync=ON")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA mmap_size=0")
        cursor.execute("PRAGMA query_only=" + ("ON" if read_only else "OFF"))
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()
