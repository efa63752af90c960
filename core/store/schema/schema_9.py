"""The migration to schema 9: datasets whose texts were made of several columns. Frozen: never edit it."""

from __future__ import annotations

from sqlalchemy import Connection, text

TEMPLATE = "ALTER TABLE datasets ADD COLUMN template TEXT DEFAULT '' NOT NULL"


def to_schema_9(connection: Connection) -> None:
    connection.execute(text(TEMPLATE))
