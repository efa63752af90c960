"""All that is particular to a database server (PostgreSQL): how connections are opened, its clock, who sets it up, what its
refusals mean. Nothing else knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, func, inspect, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

DRIVER = "postgresql+psycopg"
SHORT_NAMES = (
    "postgres",
    "postgresql",
)  # as hosts write the address of a database; the driver is ours to choose
RENEWED_SECONDS = 600  # so old a connection may be: firewalls forget idle ones, and clocks drift
SET_UP = (
    8_317_504_226  # the number of the lock, one a database, that whoever makes or migrates the tables holds
)
REFUSES = "The database server refuses the name or the password: correct the address of the database."
SENTENCES = (  # by the beginning of an error's code, or by words of one without: it comes before there is a connection
    (("28", "authentication failed", "no pg_hba.conf entry", 'role "'), REFUSES),
    (
        ("3D000", 'database "'),
        "There is no database of this name on the server: make it (createdb), or correct its address.",
    ),
    (
        ("42501",),
        "The database server does not let this user do that: let it own the database, or give it the rights.",
    ),
    (
        ("53300", "too many clients", "connection slots"),
        "The database server has no connection left: try again in a moment, or let it take more (max_connections).",
    ),
    (("40", "55P03", "57014"), "The workspace is busy with another program: try again in a moment."),
    (
        ("25006",),
        "The database server takes no changes just now (is it a standby?): give the address of the one that does.",
    ),
)


class ServerClock:
    """Seconds since 1970 by the server's clock, however wrong that of this machine (`here`) is: heartbeats of one
    machine are judged by others."""

    def __init__(self, here: Callable[[], float] = time.time):
        self._here, self._ahead = here, 0.0

    def __call__(self) -> float:
        return self._here() + self._ahead

    def follow(self, engine: Engine) -> None:
        """Asks at every new connection."""

        @event.listens_for(engine, "connect")
        def ask(connection: DBAPIConnection, _record: object) -> None:
            cursor = connection.cursor()
            cursor.execute(str(select(func.extract("epoch", func.clock_timestamp()))))
            (moment,) = cursor.fetchone() or (self._here(),)
            self._ahead = float(moment) - self._here()
            cursor.close()
            connection.rollback()


def open_engines(url: URL) -> tuple[Engine, Engine]:
    """(reader, writer), which share connections."""
    if url.drivername in SHORT_NAMES:
        url = url.set(drivername=DRIVER)
    writer = create_engine(url, pool_pre_ping=True, pool_recycle=RENEWED_SECONDS)
    # A read of several queries sees one moment, as it does in SQLite, and cannot write.
    return writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True), writer


def wait_for_set_up(connection: Connection) -> None:
    """Of all who would make or migrate the tables, one at a time goes on from here, to the end of its transaction. SQLite
    lets only one write at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(SET_UP)))


def count_by_itself(connection: Connection, tables: Iterable[Table]) -> None:
    """Lets the server count rows by their number where a migration left that to SQLite, which always does."""
    if connection.dialect.name != "postgresql":
        return
    seen = inspect(connection)
    for table in tables:
        column = table.autoincrement_column
        stored = {each["name"]: each for each in seen.get_columns(table.name)}
        if column is None or stored[column.name]["default"] is not None:
            continue
        sequence = f"{table.name}_{column.name}_seq"
        last = connection.scalar(select(func.max(column))) or 0
        for statement in (
            f"CREATE SEQUENCE {sequence} AS INTEGER START {last + 1} OWNED BY {table.name}.{column.name}",
            f"ALTER TABLE {table.name} ALTER COLUMN {column.name} SET DEFAULT nextval('{sequence}')",
        ):
            connection.execute(text(statement))


def refusal_in_words(error: DBAPIError) -> str:
    """What a server means by an error; "" for one that is not known."""
    code, words = str(getattr(error.orig, "sqlstate", None) or ""), str(error.orig).lower()
    for signs, meaning in SENTENCES:
        if code.startswith(signs) if code else any(sign in words for sign in signs if not sign[0].isdigit()):
            return meaning
    return ""
