"""Batches in the store: what is sent is written down before, settled once, and counted."""

from __future__ import annotations

import pytest

from core.errors import Conflict, NotFound
from core.services.batches.status import BatchState, BatchStatus
from core.store.batches.records import (
    BatchPart,
    BatchSpec,
    BatchTable,
    NewBatch,
    NewRequest,
    PartState,
    RequestEnd,
    RequestState,
)
from core.store.store import Store
from core.types import Reply, Usage

TABLE = BatchTable(("text", "source"), (("a", "web"), ("b", "mail"), ("c", "web")))


def new(store: Store, **changes: object) -> str:
    spec = BatchSpec("{}", ("text",))
    values = {"name": "texts.csv", "model": "openai:m", "spec": spec, "table": TABLE, "requests": 3}
    return store.batches.add(NewBatch(**(values | changes)))  # type: ignore[arg-type]


def part(batch_id: str, name: str = "p1", requests: int = 2) -> BatchPart:
    return BatchPart(name, batch_id, PartState.SENDING, "", "me", 0.0, requests, 900, 0.5)


def two(first: int = 0) -> list[NewRequest]:
    return [NewRequest(place, f"key-{place}", 40) for place in (first, first + 1)]


def reply(usd: float | None = 0.25, text: str = "<label>bug</label>") -> Reply:
    return Reply(text, usage=Usage(30, 7), cost_usd=usd)


def test_what_was_answered_before_is_not_waiting_and_the_file_comes_back_as_it_was(store: Store):
    batch_id = new(store, kept={1: ("key-1", reply())})
    assert store.batches.waiting(batch_id) == (0, 2) and store.batches.table(batch_id) == TABLE
    figures = store.batches.figures(batch_id)
    assert (figures.waiting, figures.done, figures.cached, figures.spend.api, figures.spend.cost_usd) == (
        2,
        1,
        1,
        0,
        0.0,
    )
    assert store.batches.kept(["key-0", "key-1"]) == {"key-1": reply()}
    assert [each.name for each in store.batches.all()] == ["texts.csv"] and store.batches.get(
        batch_id
    ).total == 3


def test_what_leaves_is_under_way_for_every_batch_and_settled_once(store: Store):
    first, second = new(store), new(store)
    begun = store.batch_parts.begin(part(first), two())
    assert begun.at > 0 and store.batches.under_way(["key-0", "key-1", "key-2"]) == {
        "key-0": first,
        "key-1": first,
    }
    with pytest.raises(Conflict, match="Somebody else"):
        store.batch_parts.begin(part(second, "p2"), two())
    assert store.batch_parts.of(second) == () and store.batches.waiting(second) == (0, 1, 2)
    with pytest.raises(Conflict, match="under way"):
        store.batches.delete(first)
    store.batch_parts.note("p1", state=PartState.SENT, provider_id="batch_7", answered=1)
    assert store.batch_parts.known_ids() == {"batch_7"}
    ends = [
        RequestEnd(0, RequestState.DONE, reply(), called=True),
        RequestEnd(1, RequestState.WAITING, reply(0.125, ""), "It was empty.", called=True),
    ]
    store.batch_parts.settle(begun, ends)
    store.batch_parts.settle(begun, ends)
    figures = store.batches.figures(first)
    assert (figures.done, figures.waiting, figures.sent, figures.tried) == (1, 2, 0, 1)
    spend = figures.spend
    assert (spend.api, spend.input_tokens, spend.output_tokens, spend.cost_usd) == (2, 60, 14, 0.375)
    assert [(each.state, each.problem) for each in store.batches.replies(first)] == [
        ("done", ""),
        ("waiting", "It was empty."),
        ("waiting", ""),
    ]
    assert store.batch_parts.of(first)[0].provider_id == "batch_7"


def test_a_cost_is_unknown_from_the_first_call_whose_price_is(store: Store):
    batch_id = new(store)
    begun = store.batch_parts.begin(part(batch_id), two())
    store.batch_parts.settle(begun, [RequestEnd(0, RequestState.DONE, reply(None), called=True)])
    store.batch_parts.settle(begun, [RequestEnd(1, RequestState.DONE, reply(), called=True)])
    assert store.batches.figures(batch_id).spend.cost_usd is None


def test_what_never_left_waits_as_if_nothing_had_been(store: Store):
    batch_id = new(store)
    begun = store.batch_parts.begin(part(batch_id), two(1))
    assert {place: each[2] for place, each in store.batch_parts.sent_requests(begun).items()} == {1: 1, 2: 1}
    store.batch_parts.never_left(begun)
    assert store.batches.waiting(batch_id) == (0, 1, 2) and store.batch_parts.of(batch_id) == ()
    again = store.batch_parts.begin(part(batch_id, "p2"), two(1))
    assert {each[2] for each in store.batch_parts.sent_requests(again).values()} == {1}


def test_a_cancelled_batch_sends_nothing_more(store: Store):
    batch_id = new(store)
    begun = store.batch_parts.begin(part(batch_id), two())
    store.batches.cancel(batch_id, "Cancelled.")
    assert store.batches.get(batch_id).cancelled and store.batches.figures(batch_id).failed == 1
    store.batch_parts.never_left(begun)
    with pytest.raises(Conflict):
        store.batch_parts.begin(part(batch_id, "p2"), two())
    store.batches.delete(batch_id)
    with pytest.raises(NotFound):
        store.batches.get(batch_id)


def test_what_somebody_else_has_found_out_meanwhile_is_not_undone(store: Store):
    """Two look at the same batch: the slower one saw a part as it was."""
    batch_id = new(store)
    seen = store.batch_parts.begin(part(batch_id), two())
    store.batch_parts.note("p1", state=PartState.SENT, provider_id="batch_7")
    store.batch_parts.never_left(seen)
    assert store.batches.waiting(batch_id) == (2,), "sent again, both would be paid twice"
    assert [each.provider_id for each in store.batch_parts.of(batch_id)] == ["batch_7"]
    store.batch_parts.settle(seen, [RequestEnd(place, RequestState.DONE, reply()) for place in (0, 1)])
    store.batch_parts.note("p1", state=PartState.ENDED)
    store.batch_parts.note("p1", state=PartState.READY, answered=2)
    assert store.batch_parts.of(batch_id)[0].state is PartState.ENDED


def test_results_that_are_half_in_are_not_counted_twice(store: Store):
    batch_id = new(store)
    begun = store.batch_parts.begin(part(batch_id), two())
    store.batch_parts.note("p1", state=PartState.READY, answered=1, failed=1)
    assert (status(store, batch_id).answered, status(store, batch_id).failed) == (1, 1)
    store.batch_parts.settle(begun, [RequestEnd(0, RequestState.DONE, reply(), called=True)])
    half = status(store, batch_id)
    assert half.state is BatchState.READY and half.answered + half.failed == 2


def status(store: Store, batch_id: str) -> BatchStatus:
    batches, parts = store.batches, store.batch_parts
    return BatchStatus(batches.get(batch_id), batches.figures(batch_id), parts.of(batch_id))
