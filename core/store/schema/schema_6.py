"""The migration to schema 6: who started a run, who adopted a prompt. Frozen: never edit it."""

from __future__ import annotations

from sqlalchemy import Connection, text

NAMES = (
    "ALTER TABLE runs ADD COLUMN who TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE champions ADD COLUMN who TEXT DEFAULT '' NOT NULL",
)


def to_schema_6(connection: Connection) -> None:
    for statement in NAMES:
        connection.execute(text(statement))
