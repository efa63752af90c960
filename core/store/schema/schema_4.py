"""The migration to schema 4: labels that second persons gave, beside those of the rows. Frozen: never edit
it."""

from __future__ import annotations

from sqlalchemy import Connection, text

SECOND_LABELS = (
    """CREATE TABLE second_labels (dataset_id VARCHAR(40) NOT NULL, annotator TEXT NOT NULL, example_id TEXT NOT NULL,
       at FLOAT NOT NULL, settled FLOAT, label TEXT NOT NULL, first TEXT NOT NULL, note TEXT NOT NULL,
       PRIMARY KEY (dataset_id, annotator, example_id),
       FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE)""",
)


def to_schema_4(connection: Connection) -> None:
    for statement in SECOND_LABELS:
        connection.execute(text(statement))
