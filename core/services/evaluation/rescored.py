"""What a run read, by the labels of today: every prediction was kept, so it costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import NotFound
from core.label_sets.sets import whole_labels
from core.metrics.changed_labels import changes_since
from core.metrics.replay import CorrectCount, Rescored, evaluation_now
from core.store.records import RunRecord
from core.types import Dataset, Evaluation
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RowsSince:
    """The rows of a run as it was started on them, and as they are now."""

    then: Dataset
    now: Dataset

    def rescored(self, read: Evaluation) -> Evaluation:
        """The evaluation with the labels of today, over the rows that can be scored now."""
        return evaluation_now(read, self.then.examples, self.now.examples, whole_labels(self.now))


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
        changes = changes_since(then.examples, now.examples, whole_labels(now))
        return RowsSince(then, now) if changes.count else None

    return workspace.cached("rows since", (run.id, version), look)


def best_rescored(workspace: Workspace, run_id: str, row_id: str) -> tuple[str, Rescored] | None:
    """The part that the row is in ("validation", "test"), and how many rows of it the best prompt of the run
    had right, and has by the labels of today. None before the end of the run, where it did not read the row
    with that prompt, or the run is gone."""
    try:
        run = workspace.store.runs.get(run_id)
    except NotFound:
        return None
    for part, read in run.result.best.evaluations.items() if run.result else ():
        if any(each.example_id == row_id for each in read.predictions):
            since = rows_since(workspace, run)
            now = (since.rescored(read) if since else read).metrics
            then = CorrectCount(read.metrics.correct, read.metrics.n)
            return part, Rescored(then, CorrectCount(now.correct, now.n))
    return None
