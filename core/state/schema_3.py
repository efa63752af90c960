"""The migration to schema 3: runs that are noted, starred, paused and part of a benchmark. Frozen: never edit it."""

from __future__ import annotations

from sqlalchemy import Connection, text

RUNS = (
    "ALTER TABLE runs ADD COLUMN note TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE runs ADD COLUMN starred BOOLEAN DEFAULT '0' NOT NULL",
    "ALTER TABLE runs ADD COLUMN pause_requested BOOLEAN DEFAULT '0' NOT NULL",
    "ALTER TABLE runs ADD COLUMN benchmark VARCHAR(40) DEFAULT '' NOT NULL",
    "CREATE INDEX runs_of_benchmark ON runs (benchmark)",
)
OVERSIGHT = (
    """CREATE TABLE oversight (run_id VARCHAR(40) NOT NULL, proposal TEXT NOT NULL, words TEXT NOT NULL, PRIMARY KEY (run_id),
       FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE)""",
)
BENCHMARKS = (
    """CREATE TABLE benchmarks (number INTEGER NOT NULL, id VARCHAR(40) NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL,
       created FLOAT NOT NULL, PRIMARY KEY (number), UNIQUE (id))""",
)


def to_schema_3(connection: Connection) -> None:
    for statement in (*RUNS, *OVERSIGHT, *BENCHMARKS):
        connection.execute(text(statement))
