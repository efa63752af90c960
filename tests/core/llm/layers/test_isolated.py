"""Runs that are compared pay for every reply as if there were no others, and no reply is asked for twice."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import CapReached
from core.llm.account import Account
from core.llm.budget import Budget, Caps
from core.llm.layers.budgeted import Budgeted, CallCost, Isolated, Metered
from core.llm.layers.cached import Cached
from core.llm.layers.reply_cache import ReplyCache
from core.llm.layers.single_flight import SingleFlight
from core.types import Reply, Usage
from tests.core.llm.scripted import Flat, Scripted, ask, in_no_time

PAID = Reply("bug", usage=Usage(7, 3))


@pytest.fixture
def cache(tmp_path):
    made = ReplyCache(tmp_path)
    yield made
    made.close()


def model_of(cache, account: Account, source, flights: dict | None = None) -> Metered:
    call_cost = CallCost("m", Flat(0.001, 0.01))
    inner = SingleFlight(
        Budgeted(source, account, "lightweight", call_cost),
        flights if flights is not None else {},
        "lightweight",
    )
    cached = Cached(inner, cache, account, "lightweight", call_cost.learn)
    return Metered(Isolated(cached, account, "lightweight", call_cost), account.meter, "lightweight")


def account(name: str, alone: bool = True, **caps) -> Account:
    return Account(name, Budget(Caps(**caps)), alone=alone)


def test_a_reply_that_another_run_paid_for_counts_once_with_its_price(cache):
    source, first, second = Scripted(always=PAID), account("run 1"), account("run 2")
    in_no_time(model_of(cache, first, source).reply(ask()))
    layer = model_of(cache, second, source)
    replies = [in_no_time(layer.reply(ask())) for _ in range(3)]
    assert len(source.seen) == 1 and [reply.cached for reply in replies] == [False, True, True]
    assert second.meter.spend("lightweight").api == 1 and second.meter.spend("lightweight").cached == 2
    assert (first.meter.spend("lightweight").cost_usd, first.meter.spend("lightweight").input_tokens) == (
        second.meter.spend("lightweight").cost_usd,
        second.meter.spend("lightweight").input_tokens,
    )


def test_other_runs_get_it_for_nothing_as_ever(cache):
    source, usual = Scripted(always=PAID), account("run 2", alone=False)
    in_no_time(model_of(cache, account("run 1"), source).reply(ask()))
    assert in_no_time(model_of(cache, usual, source).reply(ask())).cached
    assert (usual.meter.spend("lightweight").api, usual.meter.spend("lightweight").cached) == (0, 1)


@pytest.mark.parametrize(
    "caps", [{"calls": {"lightweight": 2}}, {"usd": 10.9}, {"tokens": 3000}], ids=["calls", "money", "tokens"]
)
def test_a_cap_ends_it_at_the_same_call_whoever_paid(cache, caps):
    source = Scripted(always=PAID)

    def calls_until_the_cap(name: str) -> int:
        layer, done = model_of(cache, account(name, **caps), source), 0
        with pytest.raises(CapReached):
            for number in range(500):
                in_no_time(layer.reply(ask(f"text {number}")))
                done += 1
        return done

    by_itself = calls_until_the_cap("run 1")
    asked = len(source.seen)
    assert 0 < by_itself == calls_until_the_cap("run 2") == asked == len(source.seen)


def test_joining_the_call_of_another_run_counts_too(cache):
    source, flights, both = Scripted(always=PAID), {}, (account("run 1"), account("run 2"))

    async def at_once():
        return await asyncio.gather(*(model_of(cache, each, source, flights).reply(ask()) for each in both))

    assert [reply.cached for reply in in_no_time(at_once())] == [False, False] and len(source.seen) == 1
    assert [each.meter.spend("lightweight").api for each in both] == [1, 1]


def test_a_resumed_run_counts_its_own_calls_and_those_of_others_once_each(cache):
    source = Scripted(always=PAID)
    in_no_time(model_of(cache, account("run 1"), source).reply(ask("shared")))
    for _ in range(2):  # the second time it is resumed
        books = account("run 2", calls={"lightweight": 2})
        layer = model_of(cache, books, source)
        for text in ("shared", "own", "shared", "own"):
            in_no_time(layer.reply(ask(text)))
        assert (books.meter.spend("lightweight").api, books.meter.spend("lightweight").cached) == (2, 2)
        assert books.budget.remaining_calls("lightweight") == 0 and len(source.seen) == 2
