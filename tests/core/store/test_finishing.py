"""A run that is asked to finish early tries no further step and reads the test rows, whatever it was doing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import Conflict, Stopped
from core.jobs.run_job import Pace, Work, execute_run
from core.services.runs import execute_here, finish_run
from core.store.records import RunRecord, RunStatus
from core.store.runs.owners import new_owner
from core.tuning.tune import tune
from core.types import Dataset, Progress, Settings, Step
from core.workspace import Workspace
from tests.core.store.test_pausing import carried_out, queued
from tests.core.tuning.toy import Editor, edits, rule, session_of
from tests.pages.made import dataset_of

ZEBRA, APPLE = rule("zebra", "question"), rule("apple", "wish")


def watched(workspace: Workspace, run_id: str, on_progress: Callable[[Progress], None]) -> RunRecord:
    """The run with a scripted editor, of three steps; `on_progress` hears of everything before the run does."""

    def begin(dataset: Dataset, settings: Settings, run_id: str, report) -> Work:
        def both(progress: Progress) -> None:
            on_progress(progress)
            report(progress)

        editor = Editor(edits(ZEBRA), edits(APPLE), edits(rule("lemon", "wish")))
        return Work(tune(dataset, session_of(editor), settings, both), dict)

    return execute_run(workspace.store, run_id, new_owner(), begin, Pace(shortest=0.0))


def finishing_at(workspace: Workspace, run_id: str, words: str) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        if words in progress.what and workspace.store.runs.get(run_id).steps:
            workspace.store.leases.request_finish(run_id)

    return on_progress


@pytest.mark.parametrize("at", ["Step 2: classifying", "Step 2: the heavyweight", "Reading the test rows"])
def test_a_run_under_way_ends_with_its_test_rows_read(workspace: Workspace, at: str):
    run_id = queued(workspace, iterations=3)
    ended = watched(workspace, run_id, finishing_at(workspace, run_id, at))
    assert ended.status is RunStatus.FINISHED and not ended.finish_requested
    assert ended.result.test is not None and "test" in ended.result.best.evaluations
    assert (ended.stop_reason == "finish" and ended.steps == 2) == at.startswith("Step 2")


def test_a_paused_run_is_finished_with_the_steps_it_has(workspace: Workspace):
    dataset = dataset_of(workspace.store, "github_issues")
    store = workspace.store
    run_id = store.runs.create(dataset, Settings(iterations=3, batch_size=40))

    def pause_after_the_first(step: Step) -> None:
        if step.number == 1:
            store.pauses.request_pause(run_id)

    said: list[Progress] = []
    execute_here(workspace, run_id, said.append, pause_after_the_first)
    assert said[0].what == "Preparing the rows", "before anything that takes time"
    before = store.steps.all(run_id)
    assert store.runs.get(run_id).status is RunStatus.PAUSED and len(before) == 2
    assert store.leases.request_finish(run_id)
    ended = carried_out(workspace, run_id)
    assert (ended.status, ended.stop_reason) == (RunStatus.FINISHED, "finish")
    assert ended.result.test is not None and store.steps.all(run_id) == before


def test_a_run_killed_while_it_finishes_finishes_when_it_is_resumed(workspace: Workspace):
    store, run_id = workspace.store, queued(workspace, iterations=3)
    ask = finishing_at(workspace, run_id, "Step 2")

    def killed(progress: Progress) -> None:
        ask(progress)
        if "test rows" in progress.what:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watched(workspace, run_id, killed)
    assert store.runs.get(run_id).status is RunStatus.INTERRUPTED
    ended = watched(workspace, run_id, lambda progress: None)
    assert (ended.stop_reason, ended.steps) == ("finish", 2) and ended.result.test is not None


def test_it_can_still_be_stopped(workspace: Workspace):
    run_id = queued(workspace, iterations=3)
    ask = finishing_at(workspace, run_id, "Step 2")

    def stopped(progress: Progress) -> None:
        ask(progress)
        if "test rows" in progress.what:
            raise Stopped("Enough.")

    ended = watched(workspace, run_id, stopped)
    assert ended.status is RunStatus.STOPPED and not ended.finish_requested


def test_nothing_is_finished_before_its_starting_prompt_is_measured_or_twice(workspace: Workspace):
    run_id = queued(workspace)
    with pytest.raises(Conflict, match="starting prompt"):
        finish_run(workspace, run_id)
    carried_out(workspace, run_id)
    with pytest.raises(Conflict, match="finished already"):
        finish_run(workspace, run_id)
