"""What a run read, by the labels of today: every prediction was kept, so it costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import NotFound
from core.label_sets.sets import whole_labels
from core.metrics.changed_labels import Changes, CorrectCount, changes_since
from core.metrics.replay import Rescore, Rescored, evaluation_now
from core.scoring.registry import rescore_by
from core.services.champions import evaluations_with, run_if_there
from core.store.records import RunRecord, RunStatus
from core.types import Dataset, Evaluation
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RowsSince:
    """The rows of a run as it was started on them, and as they are now."""

    then: Dataset
    now: Dataset
    rescore: Rescore | None = None

    @property
    def changes(self) -> Changes:
        return changes_since(self.then.examples, self.now.examples, whole_labels(self.now))

    def rescored(self, read: Evaluation) -> Evaluation:
        """The evaluation with the labels of today, over the rows that can be scored now."""
        labels = whole_labels(self.now)
        return evaluation_now(read, self.then.examples, self.now.examples, labels, self.rescore)


def rows_since(workspace: Workspace, run: RunRecord) -> RowsSince | None:
    """None where nothing has changed since the run that any figure of it depends on, or the dataset is
    gone."""
    try:
        version = workspace.store.datasets.info(run.dataset_id).version
    except NotFound:
        return None
    if version == run.dataset_version:
        return None

    def look() -> RowsSince | None:
        then, now = workspace.store.runs.snapshot(run.id), workspace.store.datasets.get(run.dataset_id)
        since = RowsSince(then, now, rescore_by(run.settings.scorer))
        return since if since.changes.count else None

    return workspace.cached("rows since", (run.id, version), look)


@dataclass(frozen=True, slots=True)
class PromptRescored:
    """How many rows of a `part` ("validation", "test") a prompt had right, and has by the labels of today. `prompt`
    names it, as a sentence does."""

    prompt: str
    part: str
    count: Rescored


def prompt_rescored(
    workspace: Workspace, dataset_id: str, row_id: str, run_id: str = ""
) -> PromptRescored | None:
    """Of the best prompt of the run `run_id`, the one that is looked at. Without one: of the champion, or where that
    came from no run, of the newest run that a person started; never of a migration's or a benchmark's. None where that
    prompt did not read the row on validation or test, or the run has not ended or is gone."""
    champion = None if run_id else workspace.store.champions.current(dataset_id)
    run = run_if_there(workspace, champion.run_id) if champion else None
    if champion is not None and run is not None:
        words = f"the champion ({run.name}, step {champion.step})"
        return _rescored(workspace, run, words, row_id, evaluations_with(workspace, champion, run))
    run = run_if_there(workspace, run_id or _newest(workspace, dataset_id))
    if run is None or run.result is None:
        return None
    return _rescored(workspace, run, f"the best prompt of {run.name}", row_id, run.result.best.evaluations)


def _newest(workspace: Workspace, dataset_id: str) -> str:
    """Of the finished runs that a person started; "" where there is none."""
    done = (
        run.id
        for run in workspace.store.runs.all(dataset_id)
        if run.status is RunStatus.FINISHED and not run.benchmark
    )
    return next(done, "")


def _rescored(
    workspace: Workspace, run: RunRecord, words: str, row_id: str, readings: Mapping[str, Evaluation]
) -> PromptRescored | None:
    for part, read in readings.items():
        if any(each.example_id == row_id for each in read.predictions):
            since = rows_since(workspace, run)
            now = (since.rescored(read) if since else read).metrics
            then = CorrectCount(read.metrics.correct, read.metrics.n)
            return PromptRescored(words, part, Rescored(then, CorrectCount(now.correct, now.n)))
    return None
