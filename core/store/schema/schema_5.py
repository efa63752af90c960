"""The migration to schema 5: predictions of runs row by row, filled from the steps and results that there are.
Frozen: never edit it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

PREDICTIONS = (
    """CREATE TABLE predictions (number INTEGER NOT NULL, run_id VARCHAR(40) NOT NULL, step INTEGER NOT NULL, stage VARCHAR(10) NOT NULL,
       split VARCHAR(20) NOT NULL, row_id TEXT NOT NULL, label TEXT NOT NULL, predicted TEXT NOT NULL, outcome VARCHAR(20) NOT NULL,
       reason TEXT NOT NULL, PRIMARY KEY (number), FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE)""",
    "CREATE INDEX predictions_of_run ON predictions (run_id, step)",
)
NUMBERED = (  # PostgreSQL counts by a sequence, SQLite by itself
    "CREATE SEQUENCE predictions_number_seq AS INTEGER OWNED BY predictions.number",
    "ALTER TABLE predictions ALTER COLUMN number SET DEFAULT nextval('predictions_number_seq')",
)
RUNS = """SELECT runs.id, snapshots.payload FROM runs JOIN snapshots
          ON snapshots.dataset_id = runs.dataset_id AND snapshots.version = runs.dataset_version"""
STEPS = "SELECT number, payload FROM steps WHERE run_id = :run ORDER BY number"
RESULT = "SELECT payload FROM results WHERE run_id = :run"
FILLED = """INSERT INTO predictions (run_id, step, stage, split, row_id, label, predicted, outcome, reason)
            VALUES (:run_id, :step, :stage, :split, :row_id, :label, :predicted, :outcome, :reason)"""
LONGEST = 1_000  # characters of a reason


def to_schema_5(connection: Connection) -> None:
    for statement in (*PREDICTIONS, *(NUMBERED if connection.dialect.name == "postgresql" else ())):
        connection.execute(text(statement))
    for run_id, snapshot in connection.execute(text(RUNS)).all():
        labels = {row["id"]: row["label"] for row in _opened(snapshot).get("examples", ())}
        rows = [
            {"run_id": run_id, "label": labels.get(row["row_id"], "")} | row
            for row in _predictions(connection, run_id)
        ]
        if rows:
            connection.execute(text(FILLED), rows)


def _predictions(connection: Connection, run_id: str) -> Iterator[dict[str, Any]]:
    for number, payload in connection.execute(text(STEPS), {"run": run_id}).all():
        step = _opened(payload)
        for split, name in (("train", "batch"), ("validation", "validation")):
            yield from _cells(step.get(name), number, "step", split)
    result = _opened(connection.scalar(text(RESULT), {"run": run_id}))
    scored = {each["step"]: each for each in (result.get("baseline"), result.get("best")) if each}
    for number, each in scored.items():
        for split, evaluation in each["evaluations"].items():
            yield from _cells(evaluation, number, "end", split)


def _cells(evaluation: Any, step: int, stage: str, split: str) -> Iterator[dict[str, Any]]:
    for each in (evaluation or {}).get("predictions", ()):
        reason = each.get("reason") or each.get("error") or ""
        yield {
            "step": step,
            "stage": stage,
            "split": split,
            "row_id": each["example_id"],
            "predicted": each.get("label") or "",
            "outcome": each["outcome"],
            "reason": reason[:LONGEST].replace("\0", "").encode("utf-8", "replace").decode(),
        }


def _opened(payload: bytes | None) -> dict[str, Any]:
    """What cannot be read has no rows: the run itself says so when it is opened."""
    try:
        opened = json.loads(zlib.decompress(payload)) if payload else {}
    except (zlib.error, ValueError):
        return {}
    return opened if isinstance(opened, dict) else {}
