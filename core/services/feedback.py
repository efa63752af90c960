"""Feedback on predictions, for whoever takes it in: pages, the HTTP API, the library. The rules themselves
are in core/store/feedback/rule_decisions.py."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from core.errors import Conflict
from core.services.branches import locked_in
from core.services.serving.webhook_sender import wake_sender
from core.store.feedback.records import Feedback, FeedbackRule, Preview, State
from core.types import Branch, Settings
from core.workspace import Workspace

FEWEST, SHARE = 10, 0.05  # rows from feedback that make another run worth its while


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a prediction: either a `score` (1.0 for right) or a `correction` (the label that
    is right), with a `note` that says why. `key` names the post, for a caller that may repeat it."""

    prediction_id: str
    score: float | None = None
    correction: str = ""
    note: str = ""
    who: str = ""
    key: str = ""


def receive(workspace: Workspace, dataset_id: str, said: Said) -> Feedback:
    """Keeps it and carries out the rules of the dataset, both or neither: what is returned is on the disk.
    Its `state` and `why` tell what became of it. Errors as for `store.feedback.give`; UsageError where the
    workspace is read-only."""
    workspace.check_writable()
    feedback = workspace.store.feedback.give(
        dataset_id,
        said.prediction_id,
        score=said.score,
        correction=said.correction,
        note=said.note,
        who=said.who,
        key=said.key,
    )
    wake_sender(workspace)
    return feedback


def receive_last_word(workspace: Workspace, dataset_id: str, said: Said) -> Feedback:
    """As `receive`, in the place of what the same person said of it before: that is withdrawn, unless other changes of the
    rows followed it. What is said again after it was withdrawn counts again."""
    workspace.check_writable()
    before = workspace.store.feedback.on(dataset_id, [said.prediction_id]).get(said.prediction_id, ())
    for each in before:
        differs = (each.score, each.correction, each.note) != (said.score, said.correction, said.note)
        if differs and each.who == said.who and each.state is not State.DISCARDED:
            with suppress(Conflict):
                withdraw(workspace, each.id, said.who)
    given = receive(workspace, dataset_id, said)
    if given.state is State.DISCARDED and any(each.id == given.id for each in before):
        return take_back(workspace, given.id)
    return given


def accept_feedback(workspace: Workspace, feedback_id: str, label: str | None, who: str) -> Feedback:
    """What a person decides of feedback in the inbox; `label` where it is not that of the feedback."""
    workspace.check_writable()
    return workspace.store.feedback.apply(feedback_id, label, who)


def discard_feedback(workspace: Workspace, feedback_id: str, who: str) -> Feedback:
    workspace.check_writable()
    return workspace.store.feedback.discard(feedback_id, who)


def save_rule(workspace: Workspace, rule: FeedbackRule) -> str:
    workspace.check_writable()
    return workspace.store.rules.save(rule)


def advance_rule(workspace: Workspace, rule_id: str) -> None:
    """To the place before: rules are asked in their order."""
    workspace.check_writable()
    workspace.store.rules.advance(rule_id)


def delete_rule(workspace: Workspace, rule_id: str) -> None:
    workspace.check_writable()
    workspace.store.rules.delete(rule_id)


def preview(workspace: Workspace, rule: FeedbackRule) -> Preview:
    """What the rule would have done with the feedback there is, were it the only one. Nothing is changed."""
    return workspace.store.feedback.preview(rule)


def take_back(workspace: Workspace, feedback_id: str) -> Feedback:
    """It waits in the inbox again, and what it changed in the rows is undone. Conflict where something else
    was changed since: that would have to be undone first, on the Dataset page. UsageError where the workspace
    is read-only; NotFound."""
    workspace.check_writable()
    feedback = workspace.store.feedback
    said = feedback.get(feedback_id)
    set_id = feedback.change_set(feedback_id)
    if said.state is State.APPLIED and set_id:
        workspace.store.edits.undo(said.dataset_id, set_id)
    return feedback.reopen(feedback_id)


def withdraw(workspace: Workspace, feedback_id: str, who: str = "") -> Feedback:
    """Whoever said it takes it back: what it changed in the rows is undone, and it goes into them no more.
    Errors as for `take_back`."""
    take_back(workspace, feedback_id)
    return discard_feedback(workspace, feedback_id, who)


def enough_to_tune(news: int, rows: int) -> bool:
    """Whether so many rows from feedback are worth another run on a dataset of so many: a twentieth of it,
    but ten at least."""
    return news >= max(FEWEST, rows * SHARE)


def news_since_tuning(workspace: Workspace, dataset_id: str) -> int:
    """How many rows feedback has added or corrected since the last run on the dataset was started."""
    runs = workspace.store.runs.all(dataset_id)
    return workspace.store.feedback.rows_since(dataset_id, max((run.created for run in runs), default=0.0))


def settings_to_retune(workspace: Workspace, dataset_id: str) -> Settings:
    """Of a run that would go on from what is in use: told as the last run on the dataset was, begun with the
    champion and its model."""
    last = next(iter(workspace.store.runs.all(dataset_id)), None)
    settings, champion = last.settings if last else Settings(), workspace.store.champions.current(dataset_id)
    if champion is None:
        return settings
    return replace(
        settings,
        lightweight=champion.model,
        start=champion.prompt,
        locked=locked_in(champion.prompt, settings.locked),
        branch=Branch(champion.run_id, champion.step) if champion.run_id else None,
    )
