"""The migration to schema 12: datasets whose answers are no labels know what scores them. Frozen: never edit it."""

from __future__ import annotations

from sqlalchemy import Connection, text

SCORER = "ALTER TABLE datasets ADD COLUMN scorer TEXT DEFAULT '' NOT NULL"


def to_schema_12(connection: Connection) -> None:
    connection.execute(text(SCORER))
