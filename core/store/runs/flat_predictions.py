"""Predictions row by row, for SQL (docs/database.md). Steps and results hold them whole, packed; what is here
is a copy to be queried, written in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from core.metrics.run_evaluations import END, STEP, RunEvaluation
from core.store.codec import unpack
from core.store.schema.tables import predictions, runs, snapshots
from core.types import Dataset, Prediction

LONGEST = 1_000  # characters of a reason


def save_step(connection: Connection, run_id: str, step: int, evaluations: Iterable[RunEvaluation]) -> None:
    """In place of those that the step had."""
    connection.execute(
        delete(predictions).where(_of(run_id), predictions.c.step == step, predictions.c.stage == STEP)
    )
    _insert(connection, run_id, evaluations)


def save_end(connection: Connection, run_id: str, evaluations: Iterable[RunEvaluation]) -> None:
    """In place of those of an earlier end of the run."""
    connection.execute(delete(predictions).where(_of(run_id), predictions.c.stage == END))
    _insert(connection, run_id, evaluations)


def drop_after(connection: Connection, run_id: str, step: int) -> None:
    connection.execute(delete(predictions).where(_of(run_id), predictions.c.step > step))


def _insert(connection: Connection, run_id: str, evaluations: Iterable[RunEvaluation]) -> None:
    evaluations = list(evaluations)
    labels = _labels(connection, run_id) if evaluations else {}
    rows = [
        {"run_id": run_id, "step": each.step, "stage": each.stage, "split": each.split}
        | _cells(prediction, labels)
        for each in evaluations
        for prediction in each.evaluation.predictions
    ]
    if rows:
        connection.execute(insert(predictions), rows)


def _cells(prediction: Prediction, labels: dict[str, str]) -> dict[str, str]:
    return {
        "row_id": prediction.example_id,
        "label": labels.get(prediction.example_id, ""),
        "predicted": prediction.label,
        "outcome": str(prediction.outcome),
        "reason": _plain(prediction.reason or prediction.error),
    }


def _labels(connection: Connection, run_id: str) -> dict[str, str]:
    """By row id, as the run saw them."""
    joined = snapshots.join(
        runs,
        (runs.c.dataset_id == snapshots.c.dataset_id) & (runs.c.dataset_version == snapshots.c.version),
    )
    payload = connection.scalar(select(snapshots.c.payload).select_from(joined).where(runs.c.id == run_id))
    return {row.id: row.label for row in unpack(payload, Dataset).examples} if payload else {}


def _plain(text: str) -> str:
    """What any database can hold: no NUL, no half of a character."""
    return text[:LONGEST].replace("\0", "").encode("utf-8", "replace").decode()


def _of(run_id: str) -> ColumnElement[bool]:
    return predictions.c.run_id == run_id
