"""The database that every part of the store shares: transactions, the clock, errors in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Conflict, NotFound, StoreError, UsageError
from core.store import server
from core.store.schema import sqlite


@dataclass(frozen=True, slots=True)
class Database:
    """`path` is the SQLite file, None on a server. `now` is the clock, in seconds since 1970. `who` writes: the
    name that goes into the history, empty where nobody signs in. `file` is which file the path led to when it was opened:
    what went into one that has been removed since would be lost."""

    reader: Engine
    writer: Engine
    path: Path | None
    now: Callable[[], float]
    read_only: bool = False
    who: str = ""
    file: tuple[int, int] | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that sees the database at one moment and cannot change it."""
        self._check_there()
        with _in_words(), self.reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, all or nothing. Do not nest: it holds the only connection that writes."""
        if self.read_only:
            raise StoreError(
                "This workspace is open for reading only: start Whetstone without WHETSTONE_READ_ONLY, or sign in with "
                "a role that may change it."
            )
        self._check_there()
        with _in_words(), self.writer.begin() as connection:
            yield connection

    def _check_there(self) -> None:
        if self.path is not None and self.file is not None and _file_at(self.path) != self.file:
            raise StoreError(
                f"The workspace file {self.path} was removed or replaced while Whetstone was open, so nothing is written into "
                "it: put it back if it is gone, then start Whetstone again."
            )

    def seen_by(self, who: str, read_only: bool) -> Database:
        """The same database for somebody, who may be refused every change."""
        return replace(self, who=who, read_only=self.read_only or read_only)

    def close(self) -> None:
        self.reader.dispose()
        self.writer.dispose()


def connect(
    url_or_path: str | Path, now: Callable[[], float] | None = None, read_only: bool = False
) -> Database:
    """Opens a file path or a database URL; without a clock `now`, that of the server or of this machine counts. UsageError
    where the address makes no sense, StoreError for a file that cannot be opened, is a folder, or is to be read and is not there."""
    try:
        url = make_url(str(url_or_path)) if "://" in str(url_or_path) else None
        if url is not None and url.get_backend_name() != "sqlite":
            reader, writer = server.open_engines(url)
            clock = server.ServerClock()
            clock.follow(writer)
            return Database(reader, writer, None, now or clock, read_only)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise UsageError(
            "The database address cannot be used: give a file path, or an address such as "
            "postgresql+psycopg://user@host/name with its driver installed."
        ) from error
    name = str(url_or_path) if url is None else url.database
    if name in (None, "", ":memory:"):
        raise UsageError("A workspace needs a file: give a path, or sqlite:/// and a path.")
    path = Path(name).expanduser().absolute()
    if path.is_dir():
        raise StoreError(
            f"The workspace file {path} is a folder: name a file in it, or restore the file from a backup."
        )
    engines = sqlite.engines_to_read(path) if read_only else sqlite.open_engines(path)
    return Database(*engines, path, now or time.time, read_only, file=None if read_only else _file_at(path))


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_there(url_or_path: str | Path) -> bool:
    """Whether there is a database at this place already. Nothing is made. StoreError for a server that cannot
    be reached."""
    name = str(url_or_path)
    if "://" in name and not name.startswith("sqlite"):
        database = connect(name)
        try:
            with database.read() as connection:
                return inspect(connection).has_table("meta")
        finally:
            database.close()
    path = make_url(name).database if "://" in name else name
    return path is not None and path != "" and Path(path).expanduser().exists()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:  # only where transactions run side by side, as on a server
        raise Conflict("Somebody else saved something at the same moment: try again.") from error
    except UnicodeEncodeError as error:  # asked for by a name that cannot have been stored
        raise NotFound(
            "There is nothing by this name: it holds half of a character (a lone surrogate); choose from the list."
        ) from error
    except PoolTimeout as error:
        raise StoreError("The workspace is busy: try again in a moment.", transient=True) from error
    except DBAPIError as error:
        raise _refusal(error) from error


def _refusal(error: DBAPIError) -> StoreError:
    if meaning := server.refusal_in_words(error):
        return StoreError(meaning, transient=True)
    message, trouble = str(error.orig).lower(), sqlite.trouble(error.orig)
    if "locked" in message or "busy" in message:
        return StoreError(
            "The workspace is busy with another program: try again in a moment.", transient=True
        )
    if "no space" in message or trouble == "full":
        return StoreError(
            "The disk is full: free some space, then try again; nothing that was saved is lost."
        )
    if "readonly" in message or "read-only" in message:
        return StoreError("The workspace cannot be written: check the permissions of its folder.")
    if trouble == "damaged":
        return StoreError(
            "The workspace file is damaged or no Whetstone database: restore it from a backup or choose another folder."
        )
    if isinstance(error, OperationalError):
        return StoreError(
            "The workspace cannot be reached: check that its folder or its database server is there.",
            transient=True,
        )
    return StoreError("The workspace could not do this (" + str(error.orig).splitlines()[0] + ").")
