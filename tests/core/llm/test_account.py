from __future__ import annotations

import threading

import pytest

from core.errors import CallFailed, CapReached
from core.llm.account import Meter
from core.llm.layers.budgeted import Metered
from core.types import Reply, Spend, Usage
from tests.core.llm.scripted import Scripted, ask, in_no_time


def meter_of(*script, times: int | None = None) -> Meter:
    meter = Meter()
    model = Metered(Scripted(script), meter, "lightweight")

    async def run():
        for _ in range(times or len(script)):
            try:
                await model.reply(ask())
            except (CallFailed, CapReached):
                pass

    in_no_time(run())
    return meter


def test_a_reply_is_counted_with_its_tokens_and_cost():
    meter = meter_of(
        Reply("a", usage=Usage(100, 20), cost_usd=0.5), Reply("b", usage=Usage(10, 2), cost_usd=0.25)
    )
    assert meter.spend("lightweight") == Spend(api=2, input_tokens=110, output_tokens=22, cost_usd=0.75)


def test_a_cached_reply_is_counted_apart_and_free():
    meter = meter_of(Reply("a", usage=Usage(100, 20), cost_usd=0.5, cached=True))
    assert meter.spend("lightweight") == Spend(cached=1)


def test_a_request_without_a_reply_is_counted_as_failed():
    assert meter_of(CallFailed("no")).spend("lightweight") == Spend(failed=1)


def test_a_request_stopped_by_a_cap_is_not_a_failed_call():
    assert meter_of(CapReached("enough")).spends() == {}


def test_one_unknown_price_makes_the_whole_cost_unknown():
    meter = meter_of(Reply("a", cost_usd=0.5), Reply("b", cost_usd=None), Reply("c", cost_usd=0.5))
    assert meter.spend("lightweight").cost_usd is None
    assert meter.spend("lightweight").api == 3


def test_roles_are_counted_apart():
    meter = Meter()
    meter.called("lightweight", Usage(1, 1), 0.1)
    meter.called("heavyweight", Usage(5, 5), None)
    assert meter.spend("lightweight").cost_usd == pytest.approx(0.1)
    assert meter.spends()["heavyweight"] == Spend(api=1, input_tokens=5, output_tokens=5, cost_usd=None)
    assert meter.spend("unheard of") == Spend()


def test_no_count_is_lost_between_threads():
    meter = Meter()
    threads = [
        threading.Thread(target=lambda: [meter.called("lightweight", Usage(1, 2), 0.5) for _ in range(2_000)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.spend("lightweight") == Spend(
        api=16_000, input_tokens=16_000, output_tokens=32_000, cost_usd=8_000.0
    )
