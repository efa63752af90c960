"""Feedback as flat records, with the prediction that it is about: for files, the command line and webhooks."""

from __future__ import annotations

from core.services.serving.predictions import feedback_fields
from core.store.feedback.records import Feedback, ServedPrediction, State
from core.workspace import Workspace

FEEDBACK_FIELDS = (
    "feedback_id",
    "received",
    "prediction_id",
    "text",
    "predicted",
    "outcome",
    "model",
    "score",
    "correction",
    "note",
    "who",
    "state",
    "why",
    "row_id",
)
ALL = 10_000_000  # more than anybody gives


def feedback_records(
    workspace: Workspace, dataset_id: str, state: State | None = None
) -> list[dict[str, object]]:
    """What came in, the oldest first, with the prediction that it is about: None for what is not known of it.
    `received` is ISO 8601, UTC."""
    store = workspace.store
    entries = store.feedback.all(dataset_id, state, limit=ALL)
    answers = store.answers.some([each.prediction_id for each in entries])
    return [_record(each, answers.get(each.prediction_id)) for each in reversed(entries)]


def _record(feedback: Feedback, answer: ServedPrediction | None) -> dict[str, object]:
    fields = feedback_fields(feedback) | {
        "prediction_id": feedback.prediction_id,
        "text": answer.text if answer else None,
        "predicted": answer.label if answer else None,
        "outcome": str(answer.outcome) if answer else None,
        "model": answer.model if answer else None,
    }
    return {name: fields[name] for name in FEEDBACK_FIELDS}


def feedback_record(workspace: Workspace, feedback_id: str) -> dict[str, object]:
    """One of them, with its key and its dataset. NotFound."""
    store = workspace.store
    feedback = store.feedback.get(feedback_id)
    answer = store.answers.some([feedback.prediction_id]).get(feedback.prediction_id)
    dataset = store.datasets.info(feedback.dataset_id)
    return {
        "dataset": dataset.name,
        "dataset_id": dataset.id,
        **_record(feedback, answer),
        "key": feedback.key,
    }
