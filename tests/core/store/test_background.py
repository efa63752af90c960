import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from core.errors import Conflict, NotFound, StoreError
from core.jobs.run_job import Begin, RunJob, execute_run
from core.jobs.runner import Runner
from core.store.records import RunStatus
from core.store.runs.owners import new_owner
from core.store.store import Store
from core.types import Settings, Spend
from tests.core.store.building import Clock, baseline, dataset, result, step
from tests.core.store.scripted import QUICK, scripted, wait_until, work


@pytest.fixture
def run_id(store: Store, dataset_id: str) -> str:
    return store.runs.create(dataset_id, Settings(iterations=2))


class RunRunner(Runner):
    """The runs of one store in the background."""

    def __init__(self, store: Store, begin: Begin):
        super().__init__()
        self.job = lambda run_id: RunJob(store, run_id, begin, QUICK)

    def start_run(self, run_id: str) -> bool:
        return self.start(self.job(run_id))


# ---- in the background


@pytest.fixture
def runner(store: Store) -> Iterator[RunRunner]:
    runner = RunRunner(store, scripted(0.1))
    yield runner
    runner.close()


def test_a_run_goes_on_in_the_background_while_others_look(store: Store, runner: RunRunner, run_id: str):
    assert runner.start_run(run_id) is True
    assert runner.running() == (run_id,)
    assert store.runs.get(run_id).status == RunStatus.RUNNING
    wait_until(lambda: store.runs.get(run_id).status == RunStatus.FINISHED)
    wait_until(lambda: runner.running() == ())
    assert store.runs.get(run_id).result == result()


def test_pressing_start_twice_makes_one_run(
    store: Store, open_store: Callable[..., Store], runner: RunRunner, run_id: str
):
    another = RunRunner(open_store(), scripted(0.1))
    ready, began = threading.Barrier(6), []

    def press(where: RunRunner) -> None:
        ready.wait()
        began.append(where.start_run(run_id))

    threads = [threading.Thread(target=press, args=(where,)) for where in (runner, another) * 3]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(began) == [False] * 5 + [True]
    wait_until(lambda: store.runs.get(run_id).status == RunStatus.FINISHED)
    assert store.runs.get(run_id).spend == {"lightweight": Spend(18)}
    with pytest.raises(Conflict, match="has finished"):
        runner.start_run(run_id)
    another.close()


def test_closing_interrupts_what_runs_and_it_can_be_resumed(store: Store, run_id: str):
    first = RunRunner(store, scripted(0.2))
    first.start_run(run_id)
    wait_until(lambda: store.runs.get(run_id).steps == 1)
    first.close()
    run = store.runs.get(run_id)
    assert (run.status, run.stop_reason, first.running()) == (RunStatus.INTERRUPTED, "interrupted", ())
    assert run.steps < 3 and "resume it" in run.error
    second = RunRunner(store, scripted())
    assert second.start_run(run_id)
    wait_until(lambda: store.runs.get(run_id).status == RunStatus.FINISHED)
    assert store.runs.get(run_id).steps == 3
    second.close()


def test_closing_does_not_wait_for_a_run_that_does_not_listen(store: Store, run_id: str):
    waits, let_go = threading.Event(), threading.Event()

    def events(on_progress):
        yield baseline()
        waits.set()
        let_go.wait(60)
        yield result()

    stuck = RunRunner(store, work(events))
    stuck.start_run(run_id)
    assert waits.wait(60)
    stuck.close(timeout=0.2)
    assert stuck.running() == (run_id,)
    assert store.runs.get(run_id).status == RunStatus.INTERRUPTED
    let_go.set()
    wait_until(lambda: stuck.running() == ())
    assert store.runs.get(run_id).status == RunStatus.INTERRUPTED, "it had lost its lease"


def test_a_run_whose_process_is_gone_is_resumed_once_its_lease_is_stale(
    store: Store, runner: RunRunner, run_id: str, clock: Clock
):
    store.leases.claim(run_id, "a process that was killed")
    store.leases.mark_interrupted()
    assert runner.start_run(run_id) is False, "it may still be alive"
    clock.time += 31
    store.leases.mark_interrupted()
    assert runner.start_run(run_id) is True
    wait_until(lambda: store.runs.get(run_id).status == RunStatus.FINISHED)


def test_a_run_outlives_a_database_that_is_away_for_a_moment(
    store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """A server that is started again: nothing can be written for a while, whatever it is."""
    failures = dict.fromkeys(("heartbeat", "save", "finish"), 3)

    def away(name: str, write: Callable[..., object]) -> Callable[..., object]:
        def try_it(*given: object) -> object:
            if failures[name]:
                failures[name] -= 1
                raise StoreError("The workspace cannot be reached.", transient=True)
            return write(*given)

        return try_it

    for part, name in ((store.leases, "heartbeat"), (store.steps, "save"), (store.leases, "finish")):
        monkeypatch.setattr(part, name, away(name, getattr(part, name)))
    ended = execute_run(store, run_id, new_owner(), scripted(0.05), QUICK)
    assert (ended.status, ended.steps, set(failures.values())) == (RunStatus.FINISHED, 3, {0})
    assert caplog.text.count("waits for its database: The workspace cannot be reached.") == 2, (
        "once each time"
    )


@pytest.mark.parametrize("trouble", ["database or disk is full", "database disk image is malformed"])
def test_a_full_disk_or_a_damaged_file_is_not_waited_for(
    store: Store,
    run_id: str,
    trouble: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    tries: list[str] = []

    def fail(what: str) -> Callable[..., None]:
        def try_it(*_: object) -> None:
            error = sqlite3.OperationalError(trouble)
            error.sqlite_errorname = "SQLITE_FULL" if "full" in trouble else "SQLITE_CORRUPT"
            tries.append(what)
            with store._database.read():
                raise OperationalError("insert", None, error)

        return try_it

    monkeypatch.setattr(store.steps, "save", fail("save"))
    monkeypatch.setattr(store.leases, "finish", fail("finish"))
    with pytest.raises(StoreError, match=r"The disk is full|is damaged"):
        execute_run(store, run_id, new_owner(), scripted(), QUICK)
    assert tries == ["save", "finish"] and "waits for its database" not in caplog.text


def test_what_passes_in_a_moment_is_a_database_that_is_held_or_away_and_nothing_else(tmp_path: Path):
    def refusal_of(act: Callable[[], object]) -> StoreError:
        with pytest.raises(StoreError) as caught:
            act()
        return caught.value

    path = tmp_path / "whetstone.db"
    with Store.open(path) as store:
        with store._database.writer.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 1")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        held = refusal_of(lambda: store.datasets.add(dataset(), "test"))
        other.close()
        with store._database.writer.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        full = refusal_of(lambda: store.datasets.add(dataset(5_000, "large"), "test"))
    assert "busy" in str(held) and "full" in str(full)
    assert (held.transient, full.transient, NotFound("gone").transient) == (True, False, False)


def test_who_lost_its_run_to_another_changes_nothing_of_it(store: Store, run_id: str, clock: Clock):
    """A machine that was cut off from the database, and comes back."""
    store.leases.claim(run_id, "cut off")
    store.steps.save(run_id, baseline(), "cut off")
    clock.time += 31
    store.leases.mark_interrupted()
    assert store.leases.claim(run_id, "another")
    for number in (0, 1):
        store.steps.save(run_id, step(number, 0.9), "another")
    with pytest.raises(Conflict, match="Another process"):
        store.steps.save(run_id, step(1, 0.1), "cut off")
    with pytest.raises(Conflict, match="Another process"):
        store.steps.drop_after(run_id, 0, "cut off")
    assert store.steps.all(run_id) == (step(0, 0.9), step(1, 0.9))


def test_two_runs_side_by_side_do_not_disturb_each_other(
    store: Store, dataset_id: str, runner: RunRunner, run_id: str
):
    other = store.runs.create(dataset_id, Settings(iterations=4))
    runner.start_run(run_id)
    runner.start_run(other)
    wait_until(lambda: not any(run.active for run in store.runs.all()))
    assert [(run.status, run.steps) for run in store.runs.all()] == [("finished", 5), ("finished", 3)]


def test_a_background_fault_is_logged_and_shown_not_lost(store: Store, run_id: str, caplog):
    def begin(*_):
        raise ZeroDivisionError

    broken = RunRunner(store, begin)
    with caplog.at_level(logging.ERROR):
        broken.start_run(run_id)
        wait_until(lambda: broken.running() == ())
    assert store.runs.get(run_id).status == RunStatus.FAILED
    assert "ZeroDivisionError" in caplog.text
