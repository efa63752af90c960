"""The migration to schema 10: named versions of datasets. Frozen: never edit it."""

from __future__ import annotations

from sqlalchemy import Connection, text

VERSIONS = (
    """CREATE TABLE dataset_versions (number INTEGER NOT NULL, id VARCHAR(40) NOT NULL, dataset_id VARCHAR(40) NOT NULL, name TEXT NOT NULL,
       at FLOAT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, version INTEGER NOT NULL, last_set INTEGER NOT NULL, labels TEXT NOT NULL,
       PRIMARY KEY (number), UNIQUE (id), FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE)""",
    "CREATE INDEX versions_of_dataset ON dataset_versions (dataset_id, number)",
)
NUMBERED = (  # PostgreSQL counts by a sequence, SQLite by itself
    "CREATE SEQUENCE dataset_versions_number_seq AS INTEGER OWNED BY dataset_versions.number",
    "ALTER TABLE dataset_versions ALTER COLUMN number SET DEFAULT nextval('dataset_versions_number_seq')",
)


def to_schema_10(connection: Connection) -> None:
    for statement in (*VERSIONS, *(NUMBERED if connection.dialect.name == "postgresql" else ())):
        connection.execute(text(statement))
