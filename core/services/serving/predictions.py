"""Served predictions: found by their id with all that is known of them, listed, and kept for as long as the user
says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.errors import StoreError
from core.services.serving.classification import Classification
from core.services.storage.removed import RemovedFile, removed_folder
from core.store.feedback.records import Feedback, ServedCall, ServedPrediction
from core.types import Outcome
from core.workspace import Workspace

AT_ONCE = 200  # that go by themselves in one go: whoever waits meanwhile does not notice
PREDICTION_FIELDS = (
    "prediction_id",
    "at",
    "text",
    "label",
    "outcome",
    "reason",
    "said",
    "model",
    "prompt_key",
    "source",
    "cost_usd",
)


@dataclass(frozen=True, slots=True)
class PredictionRecord:
    """All that is known of one served prediction: the name of its dataset, how it came about (None where that was not
    kept: from a file, or of before version 0.2) and the feedback on it, as it came."""

    dataset: str
    prediction: ServedPrediction
    call: ServedCall | None
    feedback: tuple[Feedback, ...]

    def as_classification(self, several: bool = False) -> Classification:
        """As it came, as far as it was kept. `several`: a row of its dataset may have several labels."""
        prediction, call = self.prediction, self.call or ServedCall()
        failed = "The call failed." if prediction.outcome == Outcome.FAILED else ""
        return Classification(
            prediction.id,
            prediction.text,
            Outcome(prediction.outcome),
            prediction.label,
            prediction.reason,
            prediction.said,
            prediction.model,
            call.neighbours,
            call.error or failed,
            call.cached,
            prediction.cost_usd,
            call.seconds,
            call.usage,
            call.request,
            again=self.call is None,
            reply=call.reply,
            several=several,
            answered_by=call.answered_by,
            confidence=call.confidence,
        )

    def as_json(self) -> dict[str, object]:
        """Plain values: what the command line prints and HTTP answers with."""
        call = self.call or ServedCall()
        return {
            "dataset": self.dataset,
            **prediction_fields(self.prediction),
            "error": call.error,
            "answered_by": call.answered_by,
            "confidence": call.confidence,
            "unsure_label": self.as_classification().unsure_label,
            "cached": call.cached,
            "seconds": round(call.seconds, 4) if self.call else None,
            "usage": _usage(self.call),
            "request": _request(self.call),
            "reply": self.call.reply if self.call else None,
            "examples": [
                {"text": each.text, "label": each.label, "similarity": round(each.similarity, 4)}
                for each in call.neighbours
            ],
            "feedback": [feedback_fields(each) for each in self.feedback],
        }


def find_prediction(workspace: Workspace, prediction_id: str) -> PredictionRecord:
    """NotFound."""
    clean_when_due(workspace)
    workspace.store.answers.get(prediction_id)
    return find_predictions(workspace, [prediction_id])[0]


def find_predictions(workspace: Workspace, ids: Sequence[str]) -> list[PredictionRecord]:
    """Those that are there, in this order."""
    store = workspace.store
    found, calls = store.answers.some(ids), store.answers.calls(ids)
    names: dict[str, str] = {}
    feedback: dict[str, tuple[Feedback, ...]] = {}
    for dataset_id in {each.dataset_id for each in found.values()}:
        names[dataset_id] = store.datasets.info(dataset_id).name
        feedback |= store.feedback.on(dataset_id, ids)
    return [
        PredictionRecord(names[found[id_].dataset_id], found[id_], calls.get(id_), feedback.get(id_, ()))
        for id_ in ids
        if id_ in found
    ]


def prediction_fields(prediction: ServedPrediction) -> dict[str, object]:
    """By PREDICTION_FIELDS; `at` is ISO 8601, UTC."""
    values = {name: getattr(prediction, name) for name in PREDICTION_FIELDS if name != "prediction_id"}
    return {"prediction_id": prediction.id, **values, "at": iso(prediction.at)}


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- how long they are kept


def clean_when_due(workspace: Workspace) -> None:
    """At most once an hour, where a number of days is set: some of what is older is written out and goes; the next call
    goes on. Whoever looks at predictions sees none that is too old for long. What cannot be written stays."""
    retention = workspace.store.retention
    days = None if workspace.read_only else retention.due()
    if days is None:
        return
    ids = retention.oldest(days, AT_ONCE)
    try:
        _remove(workspace, ids, days, RemovedFile.of_today(removed_folder(workspace), "predictions"))
    except StoreError:  # whoever waits for an answer meanwhile gets it
        ids = ()
    if len(ids) < AT_ONCE:
        retention.cleaned()


def remove_old_predictions(workspace: Workspace, days: int, file: RemovedFile | None) -> int:
    """All that are older, written to the file first, but for those whose feedback waits in the inbox; how many. StoreError."""
    gone = 0
    while ids := workspace.store.retention.oldest(days):
        gone += _remove(workspace, ids, days, file)
    return gone


# ---- private


def _remove(workspace: Workspace, ids: Sequence[str], days: int, file: RemovedFile | None) -> int:
    if file and ids:
        file.append(each.as_json() for each in find_predictions(workspace, ids))
    return workspace.store.retention.remove(ids, days)


def _usage(call: ServedCall | None) -> dict[str, object] | None:
    if call is None:
        return None
    usage = call.usage
    return {
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "cached_input_tokens": usage.cached_input,
        "reasoning_tokens": usage.reasoning,
        "estimated": usage.estimated,
    }


def _request(call: ServedCall | None) -> dict[str, object] | None:
    if call is None or call.request is None:
        return None
    request = call.request
    return {
        "messages": [{"role": each.role, "content": each.content} for each in request.messages],
        "max_tokens": request.max_tokens,
        "choices": list(request.choices),
    }


def feedback_fields(feedback: Feedback) -> dict[str, object]:
    return {
        "feedback_id": feedback.id,
        "received": iso(feedback.at),
        "score": feedback.score,
        "correction": feedback.correction or None,
        "note": feedback.note,
        "who": feedback.who,
        "key": feedback.key,
        "state": str(feedback.state),
        "why": feedback.why,
        "row_id": feedback.example_id or None,
    }
