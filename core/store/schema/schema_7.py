"""The migration to schema 7: runs that are asked to finish early. Frozen: never edit it."""

from __future__ import annotations

from sqlalchemy import Connection, text

FINISH = "ALTER TABLE runs ADD COLUMN finish_requested BOOLEAN DEFAULT '0' NOT NULL"


def to_schema_7(connection: Connection) -> None:
    connection.execute(text(FINISH))
