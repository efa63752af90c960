"""The whole stack, over a model that does as it is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import CallFailed, CapReached, UsageError
from core.llm.account import Account
from core.llm.budget import Budget, Caps
from core.llm.catalogue.limits import CallLimits
from core.llm.catalogue.profiles import load_profiles, read_profiles
from core.llm.connections import ModelContext
from core.llm.layers.reply_cache import ReplyCache
from core.llm.open_model import open_model
from core.types import Reply, Spend, Usage
from tests.core.llm.scripted import Flat, Scripted, ask, in_no_time

NAME = "openai-compatible:test"
PRICES = Flat(1e-6, 5e-6)


def shared_over(
    model: Scripted, cache: ReplyCache | None = None, prices: Flat = PRICES, limits: CallLimits | None = None
) -> ModelContext:
    shared = ModelContext(load_profiles(), prices, {}, cache, {"": limits} if limits else {})
    model.name = NAME
    for role in ("lightweight", "heavyweight"):
        shared._connected[NAME, role] = model
    return shared


def account(run_id: str = "run 1", **caps) -> Account:
    return Account(run_id, Budget(Caps(**caps)))


async def ask_all(model, texts, concurrency=10) -> dict:
    results, todo = {}, iter(list(texts))

    async def work():
        for text in todo:
            try:
                results[text] = await model.reply(ask(text, max_tokens=100))
            except CapReached:
                return
            except CallFailed as error:
                results[text] = error

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return results


@pytest.fixture
def cache(tmp_path):
    cache = ReplyCache(tmp_path / "cache")
    yield cache
    cache.close()


def test_a_hit_costs_nothing_and_waits_for_no_slot(cache):
    model = Scripted()
    shared = shared_over(model, cache, limits=CallLimits(concurrency=1, requests_per_minute=60))
    in_no_time(open_model(NAME, "lightweight", account(), shared).reply(ask("known")))
    model.latency = 1_000.0
    books = account("run 2", calls={"lightweight": 1})
    opened = open_model(NAME, "lightweight", books, shared)

    async def run():
        slow = asyncio.create_task(opened.reply(ask("slow")))  # holds the only slot, and the only call
        await asyncio.sleep(1)
        reply = await asyncio.wait_for(opened.reply(ask("known")), 0.1)
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        return reply

    assert in_no_time(run()).cached
    assert books.meter.spend("lightweight").cached == 1 and books.budget.remaining_calls("lightweight") == 0


def test_fifty_identical_requests_make_one_call_and_are_counted_so(cache):
    model = Scripted(latency=1.0)
    books = account()
    opened = open_model(NAME, "lightweight", books, shared_over(model, cache))

    async def run():
        await asyncio.gather(*(opened.reply(ask()) for _ in range(50)))

    in_no_time(run())
    assert len(model.seen) == 1
    assert books.meter.spend("lightweight") == Spend(1, 49, 0, 100, 20, pytest.approx(200e-6))
    assert cache.stats().entries == 1


def test_two_runs_share_the_call_that_both_want(cache):
    model = Scripted(latency=1.0)
    shared = shared_over(model, cache)
    one, two = account("one"), account("two")

    async def run():
        await asyncio.gather(
            *(open_model(NAME, "lightweight", books, shared).reply(ask()) for books in (one, two))
        )

    in_no_time(run())
    assert len(model.seen) == 1
    assert (
        one.meter.spend("lightweight").api,
        two.meter.spend("lightweight").api,
        two.meter.spend("lightweight").cached,
    ) == (1, 0, 1)


def test_the_meter_counts_every_call_that_reached_the_provider():
    model = Scripted(
        [
            CallFailed("500", transient=True),
            Reply("", usage=Usage(10, 1)),
            "good",
            *[CallFailed("500", transient=True)] * 3,
        ]
    )
    books = account()
    opened = open_model(NAME, "lightweight", books, shared_over(model, limits=CallLimits(tries=3)))
    results = in_no_time(ask_all(opened, ["a", "b"], concurrency=1))
    assert isinstance(results["a"], Reply) and isinstance(results["b"], CallFailed)
    spend = books.meter.spend("lightweight")
    assert spend.api == len(model.seen) == 6 and spend.failed == 1
    assert spend.input_tokens == 110 and spend.cost_usd == pytest.approx(PRICES.cost("", Usage(110, 21)))


def test_the_price_that_was_paid_is_kept_with_the_reply(cache):
    shared = shared_over(Scripted(), cache)
    in_no_time(open_model(NAME, "lightweight", account("one"), shared).reply(ask()))
    reply = in_no_time(open_model(NAME, "lightweight", account("two"), shared).reply(ask()))
    assert reply.cached and reply.paid_by == "one" and reply.cost_usd == pytest.approx(200e-6)


def test_an_unknown_price_is_no_price_of_zero():
    books = account()
    in_no_time(
        open_model(NAME, "lightweight", books, shared_over(Scripted(), prices=Flat(None, None))).reply(ask())
    )
    assert books.meter.spend("lightweight").cost_usd is None


def test_a_money_cap_on_an_unknown_price_refuses_to_start():
    shared = shared_over(Scripted(), prices=Flat(None, None))
    with pytest.raises(UsageError, match=r"models\.toml"):
        open_model(NAME, "lightweight", account(usd=1.0), shared)
    open_model(NAME, "lightweight", account(tokens=100, calls={"lightweight": 5}), shared)


def test_unknown_providers_and_missing_keys_are_refused():
    shared = ModelContext(load_profiles(), PRICES, {})
    for name in ("nobody:x", "openai:gpt-6-luna", "gpt-6-luna"):
        with pytest.raises(UsageError):
            open_model(name, "lightweight", account(), shared)


def test_the_offline_pair_is_opened_like_any_other(cache):
    shared = ModelContext(load_profiles(), PRICES, {}, cache)
    for name, role in (("offline:reader", "lightweight"), ("offline:editor", "heavyweight")):
        assert open_model(name, role, account(), shared).name == name


def test_keys_do_not_show_when_the_record_is_printed():
    assert "sk-secret" not in repr(ModelContext(load_profiles(), PRICES, {"OPENAI_API_KEY": "sk-secret"}))


def test_what_a_call_can_cost_counts_the_output_that_the_provider_is_really_told():
    """A model that thinks is allowed more tokens than asked for; the cap must know."""
    profiles = read_profiles('[models."openai-compatible:test"]\nlightweight_floor = 5000\n')
    shared = ModelContext(profiles, PRICES, {})
    shared._connected[NAME, "lightweight"] = Scripted(name=NAME)
    opened = open_model(NAME, "lightweight", account(usd=0.02), shared)
    with pytest.raises(CapReached, match=r"up to \$0.025"):
        in_no_time(opened.reply(ask(max_tokens=10)))


@pytest.mark.parametrize("concurrency", [1, 50])
def test_money_is_never_overspent_ten_times_out_of_ten(concurrency):
    for _ in range(10):
        model = Scripted(always=Reply("x", usage=Usage(60, 60)), latency=1.0)
        opened = open_model(NAME, "lightweight", account(usd=0.05), shared_over(model))
        in_no_time(ask_all(opened, map(str, range(500)), concurrency))
        spent = len(model.seen) * PRICES.cost("", Usage(60, 60))
        assert 0.05 - 0.001 < spent <= 0.05


@settings(max_examples=40, deadline=None)
@example(
    killed_after=57, concurrency=1, repeats=1, caps={"usd": 0.012}
)  # the first reply teaches what a call may cost: replayed ones, too
@given(
    killed_after=st.integers(0, 60),
    concurrency=st.integers(1, 12),
    repeats=st.integers(1, 3),
    caps=st.sampled_from([{"calls": {"lightweight": 40}}, {"usd": 0.012}, {"tokens": 8_000}, {}]),
)
def test_a_run_that_is_killed_and_resumed_ends_as_if_nothing_had_happened(
    tmp_path_factory, killed_after, concurrency, repeats, caps
):
    texts = [str(number % (60 // repeats)) for number in range(60)]

    def run(cache, *, stop_after: int | None = None):
        model = Scripted(
            always=lambda request: Reply("about " + request.messages[-1].content, usage=Usage(100, 20)),
            latency=1.0,
        )
        books = account(**caps)
        opened = open_model(NAME, "lightweight", books, shared_over(model, cache))

        async def part():
            task = asyncio.create_task(ask_all(opened, texts, concurrency))
            if stop_after is None:
                return await task
            await asyncio.sleep(stop_after / concurrency + 0.5)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        results = in_no_time(part())
        cache.close()
        return (
            results,
            books.meter.spend("lightweight"),
            [request.messages[-1].content for request in model.seen],
        )

    folder = tmp_path_factory.mktemp("caches")
    whole, whole_spend, whole_calls = run(ReplyCache(folder / "a"))
    run(ReplyCache(folder / "b"), stop_after=killed_after)
    finished = {text for text in texts if any(text in row for row in _kept(folder / "b"))}
    results, spend, calls_after = run(ReplyCache(folder / "b"))
    assert not finished & set(calls_after), "no finished call is made again"
    assert spend.uncertain <= concurrency
    if spend.uncertain and caps:  # they count against the caps, so that the end may come earlier
        assert spend.api <= 40 or "calls" not in caps
        assert set(results) <= set(whole)
        return
    assert set(calls_after) == set(whole_calls) - finished
    # of two that ask the same in one moment either may pay: how many have paid is told by the books
    assert {text: replace(reply, cached=False) for text, reply in results.items()} == {
        text: replace(reply, cached=False) for text, reply in whole.items()
    }
    assert (spend.api - spend.uncertain, spend.input_tokens) == (whole_spend.api, whole_spend.input_tokens)
    assert spend.cost_usd == pytest.approx(whole_spend.cost_usd)


def _kept(folder) -> list[set[str]]:
    import json
    import sqlite3

    with sqlite3.connect(folder / "cache.db") as con:
        texts = [value for (value,) in con.execute("select value from Cache where key <> 'counts'")]
    return [{json.loads(text)["text"].removeprefix("about ")} for text in texts]
