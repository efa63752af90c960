"""Past runs by the labels of a version: every prediction was kept, so it costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from core.label_sets.sets import whole_labels
from core.metrics.replay import Replay, replay
from core.scoring.registry import rescore_by, scores_again
from core.store.records import RunRecord
from core.types import Dataset
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RunRescored:
    """A run, and its steps under the labels and exclusions of a version."""

    run: RunRecord
    replay: Replay


def rescored_runs(workspace: Workspace, state: Dataset) -> tuple[RunRescored, ...]:
    """Every run of the dataset that measured something, newest first, by the labels of `state`, which is the dataset as
    it was or is. Runs whose answers a function or a judge has scored are left out: neither is asked here."""
    runs = [
        run
        for run in workspace.store.runs.all(state.id)
        if run.steps and not run.active and scores_again(run.settings.scorer)
    ]
    key = (state.id, state.version, tuple((run.id, run.steps, run.status) for run in runs))
    return workspace.cached(
        "runs by a version", key, lambda: tuple(_rescored(workspace, run, state) for run in runs)
    )


def _rescored(workspace: Workspace, run: RunRecord, state: Dataset) -> RunRescored:
    store, then = workspace.store, workspace.store.runs.snapshot(run.id)
    result, steps = store.runs.get(run.id).result, store.steps.all(run.id)
    labels, rescore = whole_labels(state), rescore_by(run.settings.scorer)
    return RunRescored(run, replay(steps, result, then.examples, state.examples, labels, rescore))
