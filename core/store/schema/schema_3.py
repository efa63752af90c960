"""The migration to schema 3: runs that are noted, starred, paused and part of a benchmark; served
predictions, feedback and its rules; rows that are found by their text. Frozen: never edit it."""

from __future__ import annotations

import hashlib
import unicodedata

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
FEEDBACK = (
    """CREATE TABLE answers (number INTEGER NOT NULL, id TEXT NOT NULL, dataset_id VARCHAR(40) NOT NULL, at FLOAT NOT NULL,
       outcome VARCHAR(20) NOT NULL, label TEXT NOT NULL, model TEXT NOT NULL, prompt_key VARCHAR(20) NOT NULL, source TEXT NOT NULL,
       cost_usd FLOAT, said TEXT NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (number), UNIQUE (id),
       FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE)""",
    "CREATE INDEX answers_of_dataset ON answers (dataset_id, number)",
    """CREATE TABLE feedback (number INTEGER NOT NULL, id VARCHAR(40) NOT NULL, dataset_id VARCHAR(40) NOT NULL,
       prediction_id TEXT NOT NULL, at FLOAT NOT NULL, who TEXT NOT NULL, key TEXT NOT NULL, score FLOAT, correction TEXT NOT NULL,
       note TEXT NOT NULL, state VARCHAR(20) NOT NULL, example_id TEXT NOT NULL, set_id VARCHAR(40) NOT NULL, why TEXT NOT NULL,
       PRIMARY KEY (number), UNIQUE (id), FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE)""",
    "CREATE INDEX feedback_of_prediction ON feedback (dataset_id, prediction_id)",
    "CREATE INDEX feedback_by_state ON feedback (dataset_id, state, number)",
    "CREATE INDEX feedback_of_row ON feedback (dataset_id, example_id)",
    """CREATE TABLE rules (dataset_id VARCHAR(40) NOT NULL, rules TEXT NOT NULL, PRIMARY KEY (dataset_id),
       FOREIGN KEY(dataset_id) REFERENCES datasets (id) ON DELETE CASCADE)""",
    "CREATE INDEX change_sets_by_state ON change_sets (dataset_id, state, number)",
)
TEXTS = (
    "ALTER TABLE examples ADD COLUMN digest VARCHAR(20) DEFAULT '' NOT NULL",
    "CREATE INDEX examples_by_text ON examples (dataset_id, digest)",
)
ALL_TEXTS = "SELECT dataset_id, id, text FROM examples"
FILLED = "UPDATE examples SET digest = :digest WHERE dataset_id = :dataset AND id = :row"
AT_ONCE = 5_000


def to_schema_3(connection: Connection) -> None:
    for statement in (*RUNS, *OVERSIGHT, *BENCHMARKS, *FEEDBACK, *TEXTS):
        connection.execute(text(statement))
    rows = connection.execute(text(ALL_TEXTS)).all()
    for start in range(0, len(rows), AT_ONCE):
        connection.execute(
            text(FILLED),
            [
                {"dataset": dataset, "row": row, "digest": _digest(content)}
                for dataset, row, content in rows[start : start + AT_ONCE]
            ],
        )


def _digest(content: str) -> str:
    """As core/store/rows/examples.py makes it today."""
    folded = " ".join(
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", content).casefold()).split()
    )
    return hashlib.blake2b(folded.encode(), digest_size=8).hexdigest()
