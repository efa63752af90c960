import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from core.errors import Conflict, DataError, NotFound
from core.store.records import Change, Ending, RunStatus
from core.store.schema import tables
from core.store.store import Store
from core.types import Progress, Settings, Spend
from tests.core.store.building import PROMPT, Clock, baseline, dataset, result, step

SPEND = {"lightweight": Spend(10, 2, 1, 500, 50, 0.002), "heavyweight": Spend(cost_usd=None)}


@pytest.fixture
def run_id(store: Store, dataset_id: str) -> str:
    return store.runs.create(dataset_id, Settings(iterations=3), "first")


def count(store: Store, table: str) -> int:
    with store._database.read() as connection:
        return connection.scalar(select(func.count()).select_from(tables.metadata.tables[table]))


# ---- records


def test_a_new_run_waits_and_knows_its_settings(store: Store, dataset_id: str, run_id: str, clock: Clock):
    run = store.runs.get(run_id)
    assert (run.status, run.active, run.name, run.settings) == (
        RunStatus.QUEUED,
        True,
        "first",
        Settings(iterations=3),
    )
    assert (run.dataset_id, run.dataset_name, run.dataset_version) == (dataset_id, "issues", 1)
    assert (run.created, run.started, run.finished, run.seconds, run.steps) == (
        clock.time,
        None,
        None,
        0.0,
        0,
    )
    assert (run.result, run.baseline_accuracy, run.best_accuracy, run.spend) == (None, None, None, {})


def test_settings_with_a_prompt_to_start_from_survive(store: Store, dataset_id: str):
    settings = Settings("openai:x", "anthropic:y", "rewrite", max_calls=7, budget_usd=0.25, start=PROMPT)
    assert store.runs.get(store.runs.create(dataset_id, settings)).settings == settings


def test_runs_are_listed_newest_first_light_and_by_dataset(store: Store, dataset_id: str, run_id: str):
    other = store.datasets.add(dataset(), "test")
    second, third = store.runs.create(other, Settings()), store.runs.create(dataset_id, Settings())
    store.leases.claim(run_id, "me")
    store.steps.save(run_id, baseline())
    store.leases.finish(run_id, "me", Ending(RunStatus.FINISHED, "iterations", result()))
    assert [run.id for run in store.runs.all()] == [third, second, run_id]
    assert [run.id for run in store.runs.all(dataset_id)] == [third, run_id]
    assert store.runs.all()[-1] == replace(store.runs.get(run_id), result=None)
    assert store.runs.get(run_id).result == result()
    assert store.runs.all()[0].name == "Run 3"
    store.runs.create(dataset_id, Settings(), "Migration 1: offline:reader", benchmark="m")
    after = store.runs.create(dataset_id, Settings())
    assert store.runs.get(after).name == "Run 4", "runs of benchmarks do not count"


@pytest.mark.parametrize("name", ["../../x", "🦊", "'; DROP TABLE runs;--", "n" * 300])
def test_names_of_runs_are_only_data(store: Store, dataset_id: str, run_id: str, name: str):
    store.runs.rename(run_id, name)
    assert [run.name for run in store.runs.all()] == [name]
    assert store.runs.get(store.runs.create(dataset_id, Settings(), name)).name == name


def test_names_that_are_none_are_refused(store: Store, run_id: str):
    with pytest.raises(DataError, match="no name"):
        store.runs.rename(run_id, " ")
    with pytest.raises(DataError, match="lone surrogate"):
        store.runs.rename(run_id, "\udc00")
    assert store.runs.get(run_id).name == "first"


@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.runs.get("x"),
        lambda store: store.runs.rename("x", "y"),
        lambda store: store.runs.delete("x"),
        lambda store: store.runs.snapshot("x"),
        lambda store: store.steps.save("x", baseline()),
        lambda store: store.leases.request_stop("x"),
        lambda store: store.runs.get("'; --"),
    ],
)
def test_a_run_that_is_not_there_is_said_to_be_missing(store: Store, act):
    with pytest.raises(NotFound, match="no such run"):
        act(store)


# ---- the rows it was started on


def test_a_run_keeps_the_rows_it_was_started_on_whatever_is_edited_later(
    store: Store, dataset_id: str, run_id: str
):
    before = store.datasets.get(dataset_id)
    store.edits.change(dataset_id, [Change("r0", "label", "improvement"), Change("r1", "excluded", True)])
    store.datasets.rename(dataset_id, "another name")
    assert store.runs.snapshot(run_id) == before
    second = store.runs.create(dataset_id, Settings())
    assert store.runs.snapshot(second) == store.datasets.get(dataset_id) != before


def test_runs_on_the_same_rows_share_one_copy_until_the_last_is_deleted(
    store: Store, dataset_id: str, run_id: str
):
    second = store.runs.create(dataset_id, Settings())
    assert count(store, "snapshots") == 1
    store.runs.delete(run_id)
    assert len(store.runs.snapshot(second).examples) == 6
    store.runs.delete(second)
    assert count(store, "snapshots") == 0


def test_a_deleted_run_leaves_nothing_and_a_running_one_is_not_deleted(
    store: Store, dataset_id: str, run_id: str
):
    store.leases.claim(run_id, "me")
    store.steps.save(run_id, baseline())
    with pytest.raises(Conflict, match="stop it first"):
        store.runs.delete(run_id)
    store.leases.finish(run_id, "me", Ending(RunStatus.FINISHED, "iterations", result()))
    store.runs.delete(run_id)
    assert [count(store, table) for table in ("runs", "steps", "results", "snapshots")] == [0, 0, 0, 0]


# ---- steps


def test_steps_come_back_whole_and_in_order(store: Store, run_id: str):
    saved = [baseline(), step(1), step(2, None, kept=False)]
    for one in (saved[2], saved[0], saved[1]):
        store.steps.save(run_id, one)
    assert store.steps.all(run_id) == tuple(saved)
    assert store.steps.get(run_id, 1) == saved[1]
    assert store.runs.get(run_id).steps == 3
    with pytest.raises(NotFound, match="no step 7"):
        store.steps.get(run_id, 7)


def test_a_step_saved_again_takes_its_own_place(store: Store, run_id: str):
    for one in (baseline(), step(1, 0.9), step(1, 0.9), step(1, 0.6)):
        store.steps.save(run_id, one)
    assert store.steps.all(run_id) == (baseline(), step(1, 0.6))
    assert store.runs.get(run_id).best_accuracy == 0.6


def test_accuracies_in_lists_are_of_prompts_the_run_went_on_with_then_of_the_result(
    store: Store, run_id: str
):
    for one in (
        baseline(0.5),
        step(1, 0.7),
        step(2, 0.9, kept=False),
        replace(step(3), validation=None, candidate=None),
    ):
        store.steps.save(run_id, one)
    run = store.runs.all()[0]
    assert (run.baseline_accuracy, run.best_accuracy) == (0.5, 0.7)
    store.leases.claim(run_id, "me")
    store.leases.finish(run_id, "me", Ending(RunStatus.FINISHED, "iterations", result(best=0.72)))
    assert store.runs.all()[0].best_accuracy == 0.72


def test_figures_are_those_of_the_steps(store: Store, run_id: str, clock: Clock):
    steps = (
        baseline(),
        step(1),
        replace(step(2, kept=False), validation=None),
        replace(step(3), candidate=None, reflection=None),
    )
    for one in steps:
        clock.time += 2
        store.steps.save(run_id, one)
    figures = store.steps.figures(run_id)
    assert [(f.number, f.decision, f.reason) for f in figures] == [
        (s.number, s.verdict.decision, s.verdict.reason) for s in steps
    ]
    assert [(f.batch, f.validation) for f in figures] == [
        (s.batch.metrics if s.batch else None, s.validation.metrics if s.validation else None) for s in steps
    ]
    assert [(f.kept, f.edits) for f in figures] == [(True, 0), (True, 1), (False, 1), (False, 0)]
    assert figures[1].spend == steps[1].spend and figures[-1].saved == clock.time


# ---- leases


def test_of_two_claims_one_wins(store: Store, run_id: str):
    assert store.leases.claim(run_id, "one")
    assert not store.leases.claim(run_id, "two")
    assert not store.leases.claim(run_id, "one"), "pressing twice is no second run"
    assert store.runs.get(run_id).status == RunStatus.RUNNING


def test_of_many_claims_at_the_same_moment_one_wins(open_store: Callable[..., Store], run_id: str):
    stores = [open_store() for _ in range(4)]
    ready, won = threading.Barrier(8), []

    def claim(number: int) -> None:
        ready.wait()
        if stores[number % 4].leases.claim(run_id, f"owner {number}"):
            won.append(number)

    threads = [threading.Thread(target=claim, args=(n,)) for n in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(won) == 1


def test_the_heartbeat_carries_progress_there_and_the_word_to_stop_back(store: Store, run_id: str):
    store.leases.claim(run_id, "me")
    assert store.leases.heartbeat(run_id, "me", Progress("Step 1", 3, 10), SPEND) is False
    run = store.runs.get(run_id)
    assert (run.progress, run.spend) == (Progress("Step 1", 3, 10), SPEND)
    assert store.leases.request_stop(run_id) is True
    assert store.runs.get(run_id).stop_requested
    assert store.leases.heartbeat(run_id, "me", Progress("Step 1", 4, 10), SPEND) is True


def test_an_owner_that_lost_its_run_is_told_to_stop_and_cannot_end_it(store: Store, run_id: str):
    store.leases.claim(run_id, "sleeper")
    store.leases.mark_interrupted(now=1e12)
    assert store.leases.claim(run_id, "other")
    assert store.leases.heartbeat(run_id, "sleeper", Progress("late"), SPEND) is True
    assert store.leases.finish(run_id, "sleeper", Ending(RunStatus.FAILED, "error", error="x")) is False
    run = store.runs.get(run_id)
    assert (run.status, run.progress.what, run.error) == (RunStatus.RUNNING, "Waiting to start", "")


def test_an_owner_that_only_slept_gets_its_run_back(store: Store, run_id: str, clock: Clock):
    store.leases.claim(run_id, "sleeper")
    clock.time += 3600
    assert store.leases.mark_interrupted() == 1
    assert store.leases.heartbeat(run_id, "sleeper", Progress("awake"), SPEND) is False
    run = store.runs.get(run_id)
    assert (run.status, run.stop_reason, run.error, run.finished) == (RunStatus.RUNNING, "", "", None)
    assert run.seconds == 3600


def test_silent_runs_become_interrupted_and_lively_ones_do_not(
    store: Store, dataset_id: str, run_id: str, clock: Clock
):
    lively, queued, done = (store.runs.create(dataset_id, Settings()) for _ in range(3))
    for one in (run_id, lively, done):
        store.leases.claim(one, "me")
    store.leases.finish(done, "me", Ending(RunStatus.FINISHED, "iterations", result()))
    clock.time += 29
    store.leases.heartbeat(lively, "me", Progress("x"), SPEND)
    assert store.leases.mark_interrupted() == 0
    clock.time += 2
    assert store.leases.mark_interrupted() == 2
    assert store.leases.mark_interrupted() == 0
    statuses = {run.id: run.status for run in store.runs.all()}
    assert statuses == {run_id: "interrupted", lively: "running", queued: "interrupted", done: "finished"}
    run = store.runs.get(run_id)
    assert run.stop_reason == "interrupted" and "resume it" in run.error and not run.active
    assert run.seconds == 0, "it was silent from the start"


def test_a_stop_is_asked_of_runs_under_way_only_and_holds_for_one_that_has_not_begun(
    store: Store, dataset_id: str, run_id: str
):
    assert store.leases.request_stop(run_id) is True
    assert store.leases.claim(run_id, "me"), "it is claimed, and told to stop at its first heartbeat"
    assert store.leases.heartbeat(run_id, "me", Progress("x"), SPEND) is True
    store.leases.finish(run_id, "me", Ending(RunStatus.STOPPED, "stopped"))
    assert store.leases.request_stop(run_id) is False
    assert store.leases.claim(run_id, "me"), "a stopped run can be resumed"
    assert store.leases.heartbeat(run_id, "me", Progress("x"), SPEND) is False, "the old request is settled"


@pytest.mark.parametrize("status", list(RunStatus))
def test_what_can_be_resumed(store: Store, run_id: str, status: RunStatus):
    store.leases.claim(run_id, "me")
    if status != RunStatus.RUNNING:
        store.leases.finish(run_id, "me", Ending(status, "reason", error="sentence"))
    assert store.leases.claim(run_id, "you") is (status not in (RunStatus.RUNNING, RunStatus.FINISHED))
    if status == RunStatus.FAILED:
        run = store.runs.get(run_id)
        assert (run.stop_reason, run.error, run.finished) == ("", "", None)


def test_a_resumed_run_has_no_result_until_it_ends_again(store: Store, run_id: str):
    store.leases.claim(run_id, "me")
    store.leases.finish(run_id, "me", Ending(RunStatus.STOPPED, "stopped", result("stopped")))
    assert store.runs.get(run_id).result == result("stopped")
    store.leases.claim(run_id, "me")
    assert store.runs.get(run_id).result is None


def test_seconds_are_those_of_all_legs_without_the_pauses(store: Store, run_id: str, clock: Clock):
    store.leases.claim(run_id, "one")
    clock.time += 10
    store.leases.heartbeat(run_id, "one", Progress("x"), SPEND)
    clock.time += 5
    assert store.runs.get(run_id).seconds == 15
    clock.time += 1_000
    store.leases.mark_interrupted()
    assert store.runs.get(run_id).seconds == 10
    clock.time += 1_000
    store.leases.claim(run_id, "two")
    clock.time += 7
    assert store.runs.get(run_id).seconds == 17
    store.leases.finish(run_id, "two", Ending(RunStatus.FINISHED, "iterations", result()))
    clock.time += 99
    run = store.runs.get(run_id)
    assert (run.seconds, run.finished, run.started) == (17, clock.time - 99, 1_000_000.0)
