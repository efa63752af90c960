"""Feedback on predictions, for whoever takes it in: pages, the HTTP API, the library. The rules themselves are in core/state/ruling.py."""

from __future__ import annotations

from dataclasses import dataclass

from core.state.feedback_records import Feedback, Preview, Rule
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a prediction: either a `score` (1.0 for right) or a `correction` (the label that is right), with a `note` that
    says why. `key` names the post, for a caller that may repeat it."""

    prediction_id: str
    score: float | None = None
    correction: str = ""
    note: str = ""
    who: str = ""
    key: str = ""


def receive(workspace: Workspace, dataset_id: str, said: Said) -> Feedback:
    """Keeps it and carries out the rules of the dataset, both or neither: what is returned is on the disk. Its `state` and `why` tell what
    became of it. Errors as for `store.feedback.give`; UsageError where the workspace is read-only."""
    workspace.check_writable()
    return workspace.store.feedback.give(
        dataset_id, said.prediction_id, score=said.score, correction=said.correction, note=said.note, who=said.who, key=said.key)


def preview(workspace: Workspace, rule: Rule) -> Preview:
    """What the rule would have done with the feedback there is, were it the only one. Nothing is changed."""
    return workspace.store.feedback.preview(rule)


def news_since_tuning(workspace: Workspace, dataset_id: str) -> int:
    """How many rows feedback has added or corrected since the last run on the dataset was started."""
    runs = workspace.store.runs.all(dataset_id)
    return workspace.store.feedback.rows_since(dataset_id, max((run.created for run in runs), default=0.0))
