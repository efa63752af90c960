"""Stopping, closing, deleting a benchmark, and what is refused."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import Conflict, DataError, NotFound, UsageError
from core.services.benchmark import queue
from core.services.benchmark.create import create, runs_by_key
from core.services.benchmark.spec import RunKey
from core.services.benchmark.table import table
from core.store.records import Change, RunStatus
from core.workspace import Workspace
from tests.core.services.benchmark.setting import (
    HEAVIES,
    LIGHTS,
    SETTINGS,
    dataset_of,
    opened,
    spec_on,
    states,
    wait,
)
from tests.fakes.server import FakeServer

# ---- stopping


def test_stopped_it_begins_nothing_more_and_goes_on_later(
    workspace: Workspace, server: FakeServer, tmp_path: Path
):
    server.latency = 0.05
    benchmark = create(
        workspace, "Stopped", spec_on(dataset_of(workspace, tmp_path), lightweights=LIGHTS[1:], seeds=(0, 1))
    )
    queue.resume(workspace, benchmark)
    while server.counts["requests"] < 5:
        time.sleep(0.01)
    queue.stop(workspace, benchmark)
    runs = wait(workspace, benchmark)
    assert {run.status for run in runs} == {RunStatus.STOPPED}
    assert sum("waited for its turn" in run.error for run in runs) == 2
    asked = server.counts["requests"]
    time.sleep(1.0)
    assert server.counts["requests"] == asked
    server.latency = 0.0
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    assert states(workspace, benchmark) == ["finished"] * 2


def test_a_stop_is_heard_in_another_process(workspace: Workspace, server: FakeServer, tmp_path: Path):
    server.latency = 0.05
    benchmark = create(
        workspace, "Stopped", spec_on(dataset_of(workspace, tmp_path), lightweights=LIGHTS[1:], seeds=(0, 1))
    )
    other = opened(workspace.folder, server)
    queue.resume(workspace, benchmark)
    while server.counts["requests"] < 5:
        time.sleep(0.01)
    assert queue.is_active(other, benchmark)
    queue.stop(other, benchmark)
    other.close()
    assert {run.status for run in wait(workspace, benchmark)} == {RunStatus.STOPPED}


def test_a_single_run_that_is_stopped_while_it_waits_does_not_begin_and_the_others_go_on(
    workspace: Workspace, server: FakeServer, tmp_path: Path
):
    server.latency = 0.02
    benchmark = create(
        workspace, "One", spec_on(dataset_of(workspace, tmp_path), lightweights=LIGHTS[1:], seeds=(0, 1))
    )
    last = runs_by_key(workspace.store, benchmark)[RunKey(LIGHTS[1], HEAVIES[1], 1)]
    queue.resume(workspace, benchmark)
    workspace.store.leases.request_stop(last.id)
    wait(workspace, benchmark)
    assert workspace.store.runs.get(last.id).spend == {}
    assert table(workspace, benchmark).cells[LIGHTS[1], HEAVIES[1]].state == "stopped"
    assert Counter(run.status for run in workspace.store.runs.all(benchmark=benchmark)) == {
        RunStatus.FINISHED: 3,
        RunStatus.STOPPED: 1,
    }
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    assert states(workspace, benchmark) == ["finished"] * 2


def test_closing_the_workspace_leaves_it_to_be_carried_on(
    workspace: Workspace, server: FakeServer, tmp_path: Path
):
    server.latency = 0.05
    benchmark = create(
        workspace, "Closed", spec_on(dataset_of(workspace, tmp_path), lightweights=LIGHTS[1:], seeds=(0, 1))
    )
    queue.resume(workspace, benchmark)
    while server.counts["requests"] < 5:
        time.sleep(0.01)
    workspace.close()
    server.latency = 0.0
    again = opened(workspace.folder, server)
    assert Counter(run.status for run in again.store.runs.all(benchmark=benchmark)) == {
        RunStatus.INTERRUPTED: 2,
        RunStatus.QUEUED: 2,
    }
    assert again.store.leases.mark_interrupted(now=time.time() + 3600) == 0, (
        "those that wait for their turn are not lost"
    )
    queue.resume(again, benchmark)
    wait(again, benchmark)
    assert states(again, benchmark) == ["finished"] * 2
    again.close()


# ---- making and deleting


def test_a_deleted_run_is_made_again_and_on_other_rows_it_is_not(workspace: Workspace, tmp_path: Path):
    dataset = dataset_of(workspace, tmp_path)
    benchmark = create(
        workspace, "Gone", spec_on(dataset, lightweights=LIGHTS[:1], heavyweights=HEAVIES[:1], seeds=(0, 1))
    )
    place = RunKey(LIGHTS[0], HEAVIES[0], 1)
    workspace.store.runs.delete(runs_by_key(workspace.store, benchmark)[place].id)
    assert table(workspace, benchmark).cells[LIGHTS[0], HEAVIES[0]].runs[1].state == "missing"
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    assert states(workspace, benchmark) == ["finished"]
    workspace.store.runs.delete(runs_by_key(workspace.store, benchmark)[place].id)
    row = workspace.store.datasets.get(dataset).examples[0].id
    workspace.store.edits.change(dataset, [Change(row, "note", "seen")], "me", "")
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    [cell] = table(workspace, benchmark).cells.values()
    assert cell.state == "missing" and cell.why == ("Its run was deleted.",) and cell.seeds_read == 1


def test_without_test_rows_nothing_is_made(workspace: Workspace, tmp_path: Path):
    dataset = dataset_of(workspace, tmp_path)
    rows = workspace.store.datasets.get(dataset).examples
    workspace.store.rows.assign_splits(
        dataset, {row.id: ("train", "validation")[place % 2] for place, row in enumerate(rows)}
    )
    with pytest.raises(DataError, match="no test rows"):
        create(workspace, "No", spec_on(dataset))
    assert workspace.store.benchmarks.all() == () and workspace.store.runs.all() == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lightweights": (" ",)}, "at least one lightweight"),
        ({"seeds": ()}, "at least one seed"),
        ({"seeds": tuple(range(99))}, "396 runs"),
    ],
)
def test_what_cannot_be_meant_is_refused(workspace: Workspace, tmp_path: Path, changes: dict, said: str):
    with pytest.raises(UsageError, match=said):
        create(workspace, "No", spec_on(dataset_of(workspace, tmp_path), **changes))


def test_it_is_deleted_with_its_runs_or_without_but_not_while_it_is_under_way(
    workspace: Workspace, server: FakeServer, tmp_path: Path
):
    server.latency = 0.05
    dataset = dataset_of(workspace, tmp_path)
    spec = spec_on(dataset, lightweights=LIGHTS[1:], heavyweights=HEAVIES[:1])
    benchmark = create(workspace, "Deleted", spec)
    queue.resume(workspace, benchmark)
    while server.counts["requests"] < 5:
        time.sleep(0.01)
    with pytest.raises(Conflict, match="stop it first"):
        queue.delete(workspace, benchmark)
    queue.stop(workspace, benchmark)
    wait(workspace, benchmark)
    queue.delete(workspace, benchmark, runs=False)
    assert len(workspace.store.runs.all(dataset)) == 1
    with pytest.raises(NotFound):
        table(workspace, benchmark)
    another = create(workspace, "Deleted", spec)
    queue.delete(workspace, another)
    assert len(workspace.store.runs.all(dataset)) == 1


def test_read_only_nothing_is_made_carried_on_or_stopped(
    workspace: Workspace, server: FakeServer, tmp_path: Path
):
    benchmark = create(workspace, "Looked at", spec_on(dataset_of(workspace, tmp_path)))
    shown = Workspace.open(workspace.folder, {"WHETSTONE_READ_ONLY": "1"})
    for deed in (queue.resume, queue.stop, queue.delete):
        with pytest.raises(UsageError, match="read-only"):
            deed(shown, benchmark)
    with pytest.raises(UsageError, match="read-only"):
        create(shown, "x", spec_on("y"))
    assert table(shown, benchmark).name == "Looked at"
    shown.close()
    settings = table(workspace, benchmark).spec.settings
    assert replace(SETTINGS, objective=settings.objective) == settings
