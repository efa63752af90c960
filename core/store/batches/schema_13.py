"""The migration to schema 13: batches, which a provider's batch service classifies. Frozen: never edit it."""

from __future__ import annotations

from sqlalchemy import Connection, text

STATEMENTS = (
    """CREATE TABLE batches (number INTEGER NOT NULL, id VARCHAR(40) NOT NULL, name TEXT NOT NULL, model TEXT NOT NULL,
       created FLOAT NOT NULL, who TEXT NOT NULL, total INTEGER NOT NULL, most_requests INTEGER NOT NULL, cancelled BOOLEAN NOT NULL,
       spec TEXT NOT NULL, payload {binary} NOT NULL, PRIMARY KEY (number), UNIQUE (id))""",
    """CREATE TABLE batch_parts (number INTEGER NOT NULL, id VARCHAR(40) NOT NULL, batch_id VARCHAR(40) NOT NULL,
       state VARCHAR(20) NOT NULL, provider_id TEXT NOT NULL, owner TEXT NOT NULL, at FLOAT NOT NULL, requests INTEGER NOT NULL,
       tokens INTEGER NOT NULL, usd FLOAT, answered INTEGER NOT NULL, failed INTEGER NOT NULL, problem TEXT NOT NULL,
       PRIMARY KEY (number), UNIQUE (id), FOREIGN KEY(batch_id) REFERENCES batches (id) ON DELETE CASCADE)""",
    "CREATE INDEX batch_parts_of_batch ON batch_parts (batch_id, number)",
    "CREATE INDEX batch_parts_by_state ON batch_parts (state)",
    """CREATE TABLE batch_requests (batch_id VARCHAR(40) NOT NULL, place INTEGER NOT NULL, state VARCHAR(10) NOT NULL,
       key VARCHAR(64) NOT NULL, part_id VARCHAR(40) NOT NULL, tries INTEGER NOT NULL, calls INTEGER NOT NULL,
       most_input INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd FLOAT,
       estimated INTEGER NOT NULL, cached BOOLEAN NOT NULL, problem TEXT NOT NULL, reply TEXT NOT NULL,
       PRIMARY KEY (batch_id, place), FOREIGN KEY(batch_id) REFERENCES batches (id) ON DELETE CASCADE)""",
    "CREATE INDEX batch_requests_by_state ON batch_requests (batch_id, state)",
    "CREATE INDEX batch_requests_by_key ON batch_requests (key)",
)


def to_schema_13(connection: Connection) -> None:
    binary = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    for statement in STATEMENTS:
        connection.execute(text(statement.replace("{binary}", binary)))
