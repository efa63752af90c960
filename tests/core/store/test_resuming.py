"""Resuming a run with other settings."""

import pytest

from core.errors import Conflict, NotFound
from core.jobs.run_job import execute_run
from core.store.records import Ending, RunStatus
from core.store.store import Store
from core.types import Settings
from tests.core.store.building import result, step
from tests.core.store.scripted import QUICK, scripted

MORE = Settings(iterations=3, max_calls=400)


@pytest.fixture
def run_id(store: Store, dataset_id: str) -> str:
    return store.runs.create(dataset_id, Settings(iterations=3, max_calls=100))


@pytest.mark.parametrize(
    "ending",
    [
        Ending(RunStatus.STOPPED, "stopped", result("stopped")),
        Ending(RunStatus.INTERRUPTED, "interrupted"),
        Ending(RunStatus.FAILED, "error", error="Why."),
    ],
)
def test_a_run_that_can_be_resumed_can_be_given_other_settings(store: Store, run_id: str, ending: Ending):
    store.leases.claim(run_id, "me")
    store.leases.finish(run_id, "me", ending)
    before = store.runs.get(run_id)
    store.runs.change_settings(run_id, MORE)
    after = store.runs.get(run_id)
    assert after.settings == MORE
    assert (after.status, after.stop_reason, after.error, after.result) == (
        before.status,
        before.stop_reason,
        before.error,
        before.result,
    )
    assert store.leases.claim(run_id, "me")


def test_a_run_that_ended_at_a_cap_can_go_on_with_a_higher_one(store: Store, run_id: str):
    store.leases.claim(run_id, "me")
    store.leases.finish(run_id, "me", Ending(RunStatus.FINISHED, "cap", result("cap")))
    assert not store.leases.claim(run_id, "you"), "with the same cap there is nothing to do"
    store.runs.change_settings(run_id, MORE)
    assert store.runs.get(run_id).status == RunStatus.STOPPED
    assert store.runs.get(run_id).result == result("cap"), "until it goes on"
    assert execute_run(store, run_id, "you", scripted(), QUICK).status == RunStatus.FINISHED


@pytest.mark.parametrize(
    ("finished", "sentence"), [(True, "has finished: start a new one"), (False, "under way: stop it first")]
)
def test_a_run_under_way_or_finished_keeps_its_settings(
    store: Store, run_id: str, finished: bool, sentence: str
):
    store.leases.claim(run_id, "me")
    if finished:
        store.leases.finish(run_id, "me", Ending(RunStatus.FINISHED, "iterations", result()))
    with pytest.raises(Conflict, match=sentence):
        store.runs.change_settings(run_id, MORE)
    assert store.runs.get(run_id).settings == Settings(iterations=3, max_calls=100)


def test_settings_of_no_run_cannot_be_changed(store: Store):
    with pytest.raises(NotFound):
        store.runs.change_settings("nothing", MORE)


def test_steps_of_an_earlier_leg_beyond_the_end_are_not_shown_as_steps_of_the_run(store: Store, run_id: str):
    for number in range(8):
        store.steps.save(run_id, step(number))
    ended = execute_run(store, run_id, "me", scripted(), QUICK)
    assert [each.number for each in store.steps.all(run_id)] == [0, 1, 2, 3] and ended.steps == 4
