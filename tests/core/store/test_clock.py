"""A clock that was wrong and has been set back keeps nothing from going on."""

from __future__ import annotations

from core.store.feedback.records import ServedPrediction
from core.store.store import Store
from core.types import Settings
from tests.core.store.building import Clock

DAY = 86_400.0


def test_a_run_whose_owner_is_gone_can_be_resumed(store: Store, dataset_id: str, clock: Clock):
    run_id = store.runs.create(dataset_id, Settings())
    clock.time += DAY
    assert store.leases.claim(run_id, "another machine:1:x")
    clock.time -= DAY
    assert store.leases.mark_interrupted() == 1 and store.leases.claim(run_id, "me")


def test_the_time_of_a_run_is_never_below_nothing(store: Store, dataset_id: str, clock: Clock):
    run_id = store.runs.create(dataset_id, Settings())
    assert store.leases.claim(run_id, "me")
    clock.time -= DAY
    assert not store.leases.heartbeat(run_id, "me", store.runs.get(run_id).progress, {})
    store.leases.mark_interrupted(now=clock.time + 1_000)
    assert store.leases.claim(run_id, "me") and store.runs.get(run_id).seconds >= 0


def test_what_waits_to_be_posted_is_sent(store: Store, dataset_id: str, clock: Clock):
    store.deliveries.set_webhook(dataset_id, "http://127.0.0.1:9/hook")
    clock.time += DAY
    store.answers.add(ServedPrediction("p", dataset_id, clock.time, "a text", "bug", "label", source="api"))
    store.feedback.give(dataset_id, "p", score=1.0)
    clock.time -= DAY
    assert store.deliveries.next_due() == clock.time and store.deliveries.claim() is not None
    assert store.deliveries.claim() is None, "nobody else posts it meanwhile"


def test_old_predictions_are_cleaned_up(store: Store, dataset_id: str, clock: Clock):
    store.answers.add(ServedPrediction("p", dataset_id, clock.time, "a text", "bug", "label", source="api"))
    store.retention.set_days(1)
    clock.time += 10 * DAY
    assert store.retention.due() == 1 and store.retention.oldest(1) == ("p",)
    store.retention.cleaned()  # and is due again in an hour of that time
    clock.time -= 5 * DAY
    store.answers.add(
        ServedPrediction("q", dataset_id, clock.time - 2 * DAY, "b", "bug", "label", source="api")
    )
    assert store.retention.due() == 1 and "q" in store.retention.oldest(1)
