"""The migration to schema 8: why a prompt was adopted. Frozen: never edit it."""

from __future__ import annotations

from sqlalchemy import Connection, text

WHY = "ALTER TABLE champions ADD COLUMN why TEXT DEFAULT '' NOT NULL"


def to_schema_8(connection: Connection) -> None:
    connection.execute(text(WHY))
