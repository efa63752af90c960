"""SQLite files that are only read, and caches in SQLite files that turn out to be damaged."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from core.private_files import private_file

log = logging.getLogger(__name__)

_DAMAGE = (
    "malformed",
    "not a database",
    "no such column",
    "no such table",
    "has no column",
    "file is encrypted",
)


def connect_to_read(path: Path) -> sqlite3.Connection:
    """The file is never written. Beside it SQLite makes its two side files, by which it follows who writes meanwhile,
    unless the folder cannot be written. For use from any thread, by one at a time. sqlite3.Error where there is no
    such file."""
    log = path.with_name(path.name + "-wal")
    unwritten = not (log.exists() and log.stat().st_size)
    alone = unwritten and not os.access(
        path.parent, os.W_OK
    )  # nobody can write here, nor SQLite make its side files
    mode = "immutable=1" if alone else "mode=ro"
    uri = f"{path.absolute().as_uri()}?{mode}"
    return sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=30)


def is_damage(error: Exception) -> bool:
    """Whether SQLite says that the file is broken, or none of ours."""
    return isinstance(error, sqlite3.DatabaseError) and any(sign in str(error) for sign in _DAMAGE)


def set_aside(path: Path) -> Path:
    """Moves a damaged file out of the way, under the first free name beside it. OSError."""
    number = 1
    while (aside := path.with_name(f"broken-{number}.db")).exists():
        number += 1
    path.rename(aside)
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    return aside


def begin_anew(path: Path) -> None:
    """Sets a damaged cache aside, and says so in the log. OSError."""
    log.warning("%s was damaged: a new one is begun, the old one is kept as %s.", path, set_aside(path))


def open_cache(path: Path, tables: str, seconds: float) -> sqlite3.Connection:
    """A database of our own beside the store, for this user alone, made with its `tables` if need be, and begun anew where
    it is damaged; it waits so many `seconds` for another process. Transactions are begun by whoever wants them. For use
    from any thread, by one at a time. OSError, sqlite3.Error."""
    try:
        return _opened(path, tables, seconds)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        begin_anew(path)
    return _opened(path, tables, seconds)


def turn_to_write_ahead(execute: Callable[[str], object], seconds: float) -> None:
    """Turning a new file to WAL is refused at once while another process sets it up: SQLite does not wait for this, so we
    do, for so many `seconds`. sqlite3.OperationalError."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            execute("pragma journal_mode=wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _opened(path: Path, tables: str, seconds: float) -> sqlite3.Connection:
    if not path.exists():
        os.close(private_file(path))  # SQLite gives its side files the same mode
    file = sqlite3.connect(path, timeout=seconds, isolation_level=None, check_same_thread=False)
    try:
        turn_to_write_ahead(file.execute, seconds)
        file.execute("pragma synchronous=normal")
        file.executescript(tables)
    except BaseException:
        file.close()
        raise
    return file
