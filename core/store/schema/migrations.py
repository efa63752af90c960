"""Numbered migrations. A new database is created at SCHEMA; an older one is brought there, one number after
the other, in one transaction, after a backup; a newer one is refused."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping

from sqlalchemy import Connection, inspect, select, update

from core.errors import StoreError
from core.store import server
from core.store.batches.schema_13 import to_schema_13
from core.store.batches.tables import batches
from core.store.schema import feedback_tables, sqlite, tables, version_tables, views
from core.store.schema.database import Database
from core.store.schema.schema_2 import to_schema_2
from core.store.schema.schema_3 import to_schema_3
from core.store.schema.schema_4 import to_schema_4
from core.store.schema.schema_5 import to_schema_5
from core.store.schema.schema_6 import to_schema_6
from core.store.schema.schema_7 import to_schema_7
from core.store.schema.schema_8 import to_schema_8
from core.store.schema.schema_9 import to_schema_9
from core.store.schema.schema_10 import to_schema_10
from core.store.schema.schema_11 import to_schema_11
from core.store.schema.schema_12 import to_schema_12
from core.store.schema.tables import meta

log = logging.getLogger(__name__)

OLDER_TO_SHOW = (
    "This workspace was written by an older Whetstone and has to be brought up to date, which shown read-only it "
    "cannot be: open it, or a copy of its folder, once without WHETSTONE_READ_ONLY."
)
NOTHING_TO_SHOW = (
    "There is nothing of Whetstone in this database yet, and shown read-only nothing is made: give the address of another, "
    "or start Whetstone without WHETSTONE_READ_ONLY."
)

Migration = Callable[[Connection], None]

# The number a migration leads to -> what it does, in SQL that SQLite and PostgreSQL both know. Never edit one
# that was released.
MIGRATIONS: Mapping[int, Migration] = {
    2: to_schema_2,
    3: to_schema_3,
    4: to_schema_4,
    5: to_schema_5,
    6: to_schema_6,
    7: to_schema_7,
    8: to_schema_8,
    9: to_schema_9,
    10: to_schema_10,
    11: to_schema_11,
    12: to_schema_12,
    13: to_schema_13,
}


def bring_up_to_date(
    database: Database, migrations: Mapping[int, Migration] = MIGRATIONS, target: int = tables.SCHEMA
) -> None:
    """Leaves the database at schema `target`. StoreError for a newer one, or for one that is not ours."""
    with database.read() as connection:
        current = _schema(connection)
    if current is not None:
        _refuse_newer(current, target)
    if current == target:
        return
    if database.read_only:
        raise StoreError(NOTHING_TO_SHOW if current is None else OLDER_TO_SHOW)
    if current is not None and database.path is not None:
        copy = sqlite.back_up(database.writer, database.path, "schema-" + str(current))
        log.info(
            "Migrating from schema %s to %s; the database as it was is kept in %s", current, target, copy
        )
    with database.write() as connection:
        _migrate(connection, migrations, target)


def _migrate(connection: Connection, migrations: Mapping[int, Migration], target: int) -> None:
    server.wait_for_set_up(connection)
    current = _schema(connection)  # again: another process may have been faster
    if current is None:
        for each in (
            feedback_tables.rules,
            version_tables.dataset_versions,
            batches,
        ):  # whose files have all tables
            each.metadata.create_all(connection)
        views.create_views(connection)
        connection.execute(meta.insert().values(key="schema", value=str(target)))
        return
    _refuse_newer(current, target)
    if current == target:
        return
    views.drop_views(connection)  # they would stand in the way of tables that are rebuilt
    for number in range(current + 1, target + 1):
        migrations[number](connection)
        connection.execute(update(meta).where(meta.c.key == "schema").values(value=str(number)))
    server.count_by_itself(connection, tables.metadata.sorted_tables)
    views.create_views(connection)


def _refuse_newer(current: int, target: int) -> None:
    if current > target:
        raise StoreError(
            "This workspace was written by a newer Whetstone (schema "
            + str(current)
            + ", this one knows "
            + str(target)
            + "): update Whetstone, or choose another workspace."
        )


def _schema(connection: Connection) -> int | None:
    """The number stored, or None for an empty database."""
    names = set(inspect(connection).get_table_names())
    if not names:
        return None
    stored = (
        connection.scalar(select(meta.c.value).where(meta.c.key == "schema")) if "meta" in names else None
    )
    if stored is None:
        raise StoreError("This database belongs to something else: choose another for the workspace.")
    if not re.fullmatch("[1-9][0-9]{0,5}", stored):
        raise StoreError(
            "The workspace file is damaged (its schema number is "
            + repr(stored[:20])
            + "): restore it from a backup."
        )
    return int(stored)
