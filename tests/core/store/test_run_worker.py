import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from core.errors import CapReached, Conflict, ModelRefused, NotFound, Stopped, StoreError
from core.jobs.run_job import Pace, RunJob, execute_run
from core.store.records import Change, RunStatus
from core.store.runs.owners import new_owner
from core.store.schema.tables import runs
from core.store.store import Store
from core.types import Progress, Settings, Spend
from tests.core.store.building import Clock, baseline, result, step
from tests.core.store.scripted import QUICK, scripted, wait_until, work


@pytest.fixture
def run_id(store: Store, dataset_id: str) -> str:
    return store.runs.create(dataset_id, Settings(iterations=2))


# ---- in the foreground


def test_a_run_is_carried_out_to_its_result(store: Store, run_id: str):
    ended = execute_run(store, run_id, new_owner(), scripted(), QUICK)
    assert (ended.status, ended.stop_reason, ended.error, ended.steps) == (
        RunStatus.FINISHED,
        "iterations",
        "",
        3,
    )
    assert ended.result == result()
    assert store.steps.all(run_id) == (baseline(), step(1), step(2))
    assert ended.spend == {"lightweight": Spend(18)}


def test_the_work_is_given_the_rows_as_they_were_and_its_settings(store: Store, dataset_id: str, run_id: str):
    rows = store.datasets.get(dataset_id)
    store.edits.change(dataset_id, [Change("r0", "label", "improvement")])
    given = []

    def begin(dataset, settings, run, on_progress):
        given.append((dataset, settings, run))
        return scripted()(dataset, settings, run, on_progress)

    execute_run(store, run_id, "me", begin, QUICK)
    assert given == [(rows, Settings(iterations=2), run_id)]


def test_each_step_is_stored_before_the_next_begins(store: Store, run_id: str):
    stored = []
    execute_run(
        store, run_id, "me", scripted(say=lambda text: stored.append(store.runs.get(run_id).steps)), QUICK
    )
    assert stored == [1, 2, 3]


def test_a_run_that_is_watched_takes_its_time_for_each_step(store: Store, run_id: str):
    waited: list[float] = []
    job = RunJob(store, run_id, scripted(), Pace(step=60.0))
    job.stopping.wait = waited.append
    assert job.claim()
    job.execute()
    assert len(waited) == 3 and all(0 < seconds <= 60 for seconds in waited)


def test_progress_is_written_at_most_so_often_and_the_last_spend_always(
    store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
):
    beats = []
    beat = store.leases.heartbeat
    monkeypatch.setattr(store.leases, "heartbeat", lambda *given: beats.append(given) or beat(*given))

    def events(on_progress):
        for n in range(2_000):
            on_progress(Progress("counting", n, 2_000))
        yield result()

    ended = execute_run(store, run_id, "me", work(events, lightweight=Spend(5)), Pace(shortest=60, idle=60))
    assert len(beats) == 2, "the first and the last"
    assert ended.spend == {"lightweight": Spend(5)}
    assert ended.progress == Progress("counting", 1_999, 2_000)


def test_a_run_that_reports_nothing_is_kept_alive_by_its_own_thread(store: Store, run_id: str, clock: Clock):
    seen = []

    def events(on_progress):
        for _ in range(4):  # a long call of a model: no callback, and the world's clock goes on
            clock.time += 20
            wait_until(lambda now=clock.time: heartbeat(store, run_id) == now)
            seen.append(store.leases.mark_interrupted())
        yield result()

    assert execute_run(store, run_id, "me", work(events), QUICK).status == RunStatus.FINISHED
    assert seen == [0, 0, 0, 0]


def heartbeat(store: Store, run_id: str) -> float:
    """The time of the last sign of life, as a running run's seconds tell it."""
    with store._database.read() as connection:
        return connection.scalar(select(runs.c.heartbeat).where(runs.c.id == run_id))


@pytest.mark.parametrize(
    ("error", "status", "reason", "sentence"),
    [
        (CapReached("The 10 calls are spent."), "stopped", "cap", "The 10 calls are spent."),
        (ModelRefused("The key was refused: check it."), "failed", "error", "The key was refused: check it."),
        (Stopped("x"), "stopped", "stopped", ""),
        (
            ZeroDivisionError("sk-secret"),
            "failed",
            "error",
            "Something went wrong inside Whetstone (ZeroDivisionError): the log has the details; resume the run to try again.",
        ),
    ],
)
def test_whatever_goes_wrong_ends_the_run_in_words(
    store: Store, run_id: str, error, status, reason, sentence, caplog
):
    def events(on_progress):
        yield baseline()
        raise error

    ended = execute_run(store, run_id, "me", work(events, lightweight=Spend(9)), QUICK)
    assert (ended.status, ended.stop_reason, ended.error, ended.result) == (status, reason, sentence, None)
    assert (ended.steps, ended.spend) == (1, {"lightweight": Spend(9)})
    assert ("Traceback" in caplog.text) == isinstance(error, ZeroDivisionError)
    assert execute_run(store, run_id, "me", scripted(), QUICK).status == RunStatus.FINISHED, (
        "and it can be resumed"
    )


def test_work_that_cannot_begin_fails_the_run(store: Store, run_id: str):
    def begin(*_):
        raise ModelRefused("There is no such model: choose another.")

    ended = execute_run(store, run_id, "me", begin, QUICK)
    assert (ended.status, ended.error) == (RunStatus.FAILED, "There is no such model: choose another.")


def test_steps_without_a_result_are_a_fault(store: Store, run_id: str, caplog):
    ended = execute_run(store, run_id, "me", work(lambda on_progress: iter([baseline()])), QUICK)
    assert (ended.status, ended.steps) == (RunStatus.FAILED, 1)
    assert "ended without a result" in caplog.text


@pytest.mark.parametrize("blow", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_program_leaves_an_interrupted_run(
    store: Store, run_id: str, blow: type[BaseException]
):
    def events(on_progress):
        yield baseline()
        raise blow

    with pytest.raises(blow):
        execute_run(store, run_id, "me", work(events), QUICK)
    run = store.runs.get(run_id)
    assert (run.status, run.steps) == (RunStatus.INTERRUPTED, 1)


def test_a_finished_run_is_not_run_again(store: Store, run_id: str):
    execute_run(store, run_id, "me", scripted(), QUICK)
    with pytest.raises(Conflict, match="has finished: start a new one"):
        execute_run(store, run_id, "me", scripted(), QUICK)
    with pytest.raises(NotFound):
        execute_run(store, "none", "me", scripted(), QUICK)


# ---- stopping


def stopping(store: Store, run_id: str, answer: Callable[[], Iterator]):
    """Asks for a stop in the middle of step 1, and ends as `answer` does once it hears of it."""

    def events(on_progress):
        yield baseline()
        store.leases.request_stop(run_id)
        try:
            while True:
                time.sleep(0.005)
                on_progress(Progress("working"))
        except Stopped:
            yield from answer()

    return work(events)


def test_a_stop_raises_in_the_progress_callback_and_keeps_what_was_found(store: Store, run_id: str):
    ended = execute_run(
        store, run_id, "me", stopping(store, run_id, lambda: iter([result("stopped")])), QUICK
    )
    assert (ended.status, ended.stop_reason, ended.result) == (
        RunStatus.STOPPED,
        "stopped",
        result("stopped"),
    )


def test_a_stop_that_nobody_answers_with_a_result_just_stops(store: Store, run_id: str):
    def answer():
        raise Stopped("as asked")
        yield

    ended = execute_run(store, run_id, "me", stopping(store, run_id, answer), QUICK)
    assert (ended.status, ended.stop_reason, ended.result, ended.error) == (
        RunStatus.STOPPED,
        "stopped",
        None,
        "",
    )


def test_work_that_never_reports_progress_hears_of_a_stop_at_its_yield(store: Store, run_id: str):
    heard = []

    def events(on_progress):
        try:
            yield baseline()
            store.leases.request_stop(run_id)
            yield step(1)
            heard.append("went on")
        except Stopped:
            heard.append("stopped")
            yield result("stopped")

    ended = execute_run(store, run_id, "me", work(events), QUICK)
    assert (heard, ended.status, ended.steps) == (["stopped"], RunStatus.STOPPED, 2)


def test_a_run_that_got_to_its_end_before_it_heard_of_a_stop_has_finished(store: Store, run_id: str):
    def events(on_progress):
        store.leases.request_stop(run_id)
        yield result("iterations")

    ended = execute_run(store, run_id, "me", work(events), QUICK)
    assert (ended.status, ended.stop_requested) == (RunStatus.FINISHED, False)


def test_work_that_is_left_early_cleans_up_before_the_run_ends(
    store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
):
    cleaned = []

    def events(on_progress):
        try:
            yield baseline()
            yield step(1)
        finally:
            cleaned.append(store.runs.get(run_id).status)

    def full(*_):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(store.steps, "save", full)
    ended = execute_run(store, run_id, "me", work(events), QUICK)
    assert (ended.status, ended.error, cleaned) == (RunStatus.FAILED, "The disk is full.", ["running"])


def test_a_run_taken_over_by_another_is_left_to_it(store: Store, run_id: str):
    def events(on_progress):
        yield baseline()
        store.leases.mark_interrupted(now=1e12)
        assert store.leases.claim(run_id, "thief")
        while True:
            time.sleep(0.005)
            on_progress(Progress("unaware"))

    # no heartbeat of its own between the two, which would take the run back
    run = execute_run(store, run_id, "me", work(events), replace(QUICK, idle=60.0))
    assert (run.status, run.progress.what, run.stop_reason) == (RunStatus.RUNNING, "Starting", "")


def test_a_replayed_step_that_differs_takes_the_place_of_the_old_one(store: Store, run_id: str):
    store.steps.save(run_id, step(1, 0.1))
    execute_run(store, run_id, "me", scripted(), QUICK)
    assert store.steps.all(run_id) == (baseline(), step(1), step(2))


def test_a_run_that_is_resumed_never_says_less_than_was_spent(store: Store, run_id: str):
    """Fault: while the cache replayed what was paid before a restart, Runs showed next to nothing; a run stopped
    or killed then kept that figure."""

    def killed(on_progress):
        yield baseline()
        raise KeyboardInterrupt

    def resumed(on_progress):
        shown.append(store.runs.get(run_id).spend)
        on_progress(Progress("Measuring the starting prompt"))
        shown.append(store.runs.get(run_id).spend)
        yield baseline()
        raise Stopped

    paid = {"heavyweight": Spend(2, 0, 0, 200, 40, 0.5), "lightweight": Spend(90, 7, 0, 900, 90, 2.0)}
    shown: list[object] = []
    with pytest.raises(KeyboardInterrupt):
        execute_run(store, run_id, "me", work(killed, **paid), QUICK)
    replayed = Spend(3, 1, 0, 30, 3, 0.1)
    ended = execute_run(store, run_id, "me", work(resumed, lightweight=replayed), QUICK)
    assert [*shown, ended.spend] == [paid] * 3
    more = Spend(120, 7, 0, 1_200, 120, 2.6)
    ended = execute_run(store, run_id, "me", work(resumed, lightweight=more), QUICK)
    assert ended.spend == paid | {"lightweight": more}
