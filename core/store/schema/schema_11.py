"""The migration to schema 11: served predictions keep their calls, and feedback is posted to webhooks. Frozen: never edit it."""

from __future__ import annotations

from sqlalchemy import Connection, text

STATEMENTS = (
    "ALTER TABLE answers ADD COLUMN free BOOLEAN DEFAULT '0' NOT NULL",
    "CREATE INDEX answers_by_age ON answers (at)",
    """CREATE TABLE served_calls (prediction_id TEXT NOT NULL, payload {binary} NOT NULL, PRIMARY KEY (prediction_id),
       FOREIGN KEY(prediction_id) REFERENCES answers (id) ON DELETE CASCADE)""",
    """CREATE TABLE webhooks (dataset_id VARCHAR(40) NOT NULL, url TEXT NOT NULL, PRIMARY KEY (dataset_id),
       FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE)""",
    """CREATE TABLE deliveries (id VARCHAR(40) NOT NULL, dataset_id VARCHAR(40) NOT NULL, feedback_id VARCHAR(40) NOT NULL,
       url TEXT NOT NULL, state VARCHAR(20) NOT NULL, attempts INTEGER NOT NULL, at FLOAT NOT NULL, due FLOAT NOT NULL,
       problem TEXT NOT NULL, PRIMARY KEY (id), FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE)""",
    "CREATE INDEX deliveries_due ON deliveries (state, due)",
    "CREATE INDEX deliveries_of_dataset ON deliveries (dataset_id, at)",
)


def to_schema_11(connection: Connection) -> None:
    binary = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    for statement in STATEMENTS:
        connection.execute(text(statement.replace("{binary}", binary)))
