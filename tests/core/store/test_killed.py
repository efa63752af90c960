import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import Conflict
from core.jobs.run_job import execute_run
from core.store.records import RunStatus
from core.store.store import Store
from core.types import Settings
from tests.core.store.building import baseline, dataset, step
from tests.core.store.conftest import SERVER
from tests.core.store.scripted import QUICK, scripted, wait_until

ROOT = Path(__file__).parents[3]
STEPS = 6


@pytest.fixture
def real(address: str):
    """A store on the real clock, as the child process has."""
    with Store.open(address) as store:
        yield store


@pytest.fixture
def run_id(real: Store) -> str:
    return real.runs.create(real.datasets.add(dataset(), "test"), Settings(iterations=STEPS))


def child(address: str, run_id: str, long: int = -1) -> subprocess.Popen:
    """Three tenths of a second a step, but step `long` takes minutes."""
    command = [sys.executable, "-m", "tests.core.store.scripted", address, run_id, "0.3", str(long)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_after(process: subprocess.Popen, line: str, pause: float = 0.1) -> None:
    """Kills it a moment after it said so, that is in the middle of what comes next."""
    for said in process.stdout:
        if said.strip() == line:
            break
    time.sleep(pause)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL


def test_a_killed_run_loses_no_finished_step_and_ends_where_it_would_have_ended(
    real: Store, address: str, run_id: str
):
    process = child(address, run_id, long=3)
    kill_after(process, "stored 2")
    assert real.runs.get(run_id).status == RunStatus.RUNNING, "nobody could say goodbye"
    assert real.steps.all(run_id) == (baseline(), step(1), step(2))
    with pytest.raises(Conflict, match="under way already"):
        execute_run(real, run_id, "too early", scripted(), QUICK)
    assert real.leases.mark_interrupted() == 1, (
        "its process is gone: no need to wait until it has been silent for long"
    )
    run = real.runs.get(run_id)
    assert (run.status, run.stop_reason, run.steps, run.spend["lightweight"].api) == (
        RunStatus.INTERRUPTED,
        "interrupted",
        3,
        18,
    )
    if not SERVER:
        assert sqlite3.connect(address).execute("PRAGMA integrity_check").fetchone() == ("ok",)

    other = real.runs.create(run.dataset_id, run.settings)
    resumed, undisturbed = (
        execute_run(real, run_id, "resumer", scripted(), QUICK),
        execute_run(real, other, "other", scripted(), QUICK),
    )
    assert resumed.status == undisturbed.status == RunStatus.FINISHED
    assert real.steps.all(run_id) == real.steps.all(other) and resumed.steps == STEPS + 1
    assert (resumed.result, resumed.spend, resumed.best_accuracy) == (
        undisturbed.result,
        undisturbed.spend,
        undisturbed.best_accuracy,
    )
    assert resumed.seconds > 0.6, "the time before the kill counts"


def test_a_run_may_be_killed_again_and_again_at_any_moment(real: Store, address: str, run_id: str):
    for line, pause in (("stored 0", 0.0), ("stored 1", 0.29), ("stored 3", 0.3), ("stored 4", 0.02)):
        process = child(address, run_id)
        kill_after(process, line, pause)
        stored = real.steps.all(run_id)
        assert len(stored) > int(line.split()[1])
        assert stored == (baseline(), *(step(n) for n in range(1, len(stored))))
        real.leases.mark_interrupted()
    assert execute_run(real, run_id, "resumer", scripted(), QUICK).status == RunStatus.FINISHED
    assert len(real.steps.all(run_id)) == STEPS + 1


def test_a_run_is_not_taken_from_a_process_that_lives(real: Store, address: str, run_id: str):
    process = child(address, run_id)
    for said in process.stdout:
        if said.strip() == "stored 0":
            break
    assert real.leases.mark_interrupted() == 0
    process.communicate(timeout=20)
    assert real.runs.get(run_id).status == RunStatus.FINISHED


def test_a_run_in_another_process_is_watched_and_stopped_through_the_store(
    real: Store, address: str, run_id: str
):
    process = child(address, run_id, long=1)
    wait_until(lambda: real.runs.get(run_id).steps == 1, seconds=60)
    assert real.leases.request_stop(run_id)
    said, _ = process.communicate(timeout=60)
    assert said.split()[-1] == "stopped", "it heard in the middle of a step"
    run = real.runs.get(run_id)
    assert (run.status, run.stop_reason, run.stop_requested) == (RunStatus.STOPPED, "stopped", False)
    assert 1 <= run.steps < STEPS


def test_two_processes_that_start_the_same_run_make_one(real: Store, address: str, run_id: str):
    children = [child(address, run_id) for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in children]
    assert sorted(process.returncode for process in children) == [0, 1, 1]
    assert sum("finished" in text for text in said) == 1
    assert real.runs.get(run_id).spend["lightweight"].api == 6 * (STEPS + 1)
