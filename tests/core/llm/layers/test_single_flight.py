from __future__ import annotations

import asyncio

import pytest

from core.errors import CallFailed, CapReached
from core.llm.layers.single_flight import SingleFlight
from core.types import Reply
from tests.core.llm.scripted import Scripted, ask, in_no_time


def test_fifty_identical_requests_at_once_make_one_call():
    model = Scripted(latency=1.0)
    flight = SingleFlight(model, {}, "lightweight")

    async def run():
        return await asyncio.gather(*(flight.reply(ask()) for _ in range(50)))

    replies = in_no_time(run())
    assert len(model.seen) == 1
    assert [reply.cached for reply in replies].count(False) == 1, "one of them has paid"
    assert {reply.text for reply in replies} == {"<label>bug</label>"}


def test_different_requests_make_a_call_each():
    model = Scripted(latency=1.0)
    flight = SingleFlight(model, {}, "lightweight")

    async def run():
        different = ask("a"), ask("b"), ask("a", repeat=1), ask("a", max_tokens=9)
        await asyncio.gather(*(flight.reply(request) for request in different))

    in_no_time(run())
    assert len(model.seen) == 4


def test_a_later_request_calls_again():
    model = Scripted(latency=1.0)
    flights = {}
    flight = SingleFlight(model, flights, "lightweight")

    async def run():
        await flight.reply(ask())
        await flight.reply(ask())

    in_no_time(run())
    assert len(model.seen) == 2 and not flights


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_waiter_that_is_cancelled_leaves_the_call_to_the_others(gone):
    model = Scripted(latency=1.0)
    flight = SingleFlight(model, {}, "lightweight")

    async def run():
        waiters = [asyncio.create_task(flight.reply(ask())) for _ in range(3)]
        await asyncio.sleep(0.5)
        waiters[gone].cancel()
        return await asyncio.gather(*waiters, return_exceptions=True)

    results = in_no_time(run())
    assert isinstance(results.pop(gone), asyncio.CancelledError)
    assert [reply.cached for reply in results] == [False, True], (
        "one of those left has paid, so that it is counted and kept"
    )
    assert len(model.seen) == 1 and model.cancelled == 0


def test_a_call_nobody_waits_for_ends():
    model = Scripted(latency=1.0)
    flights = {}
    flight = SingleFlight(model, flights, "lightweight")

    async def run():
        waiters = [asyncio.create_task(flight.reply(ask())) for _ in range(3)]
        await asyncio.sleep(0.5)
        for waiter in waiters:
            waiter.cancel()
        await asyncio.gather(*waiters, return_exceptions=True)
        await asyncio.sleep(0)

    in_no_time(run())
    assert model.cancelled == 1 and not flights


def test_an_error_goes_to_all_waiters():
    model = Scripted([CallFailed("down")], latency=1.0)
    flight = SingleFlight(model, {}, "lightweight")

    async def run():
        return await asyncio.gather(*(flight.reply(ask()) for _ in range(5)), return_exceptions=True)

    assert [str(error) for error in in_no_time(run())] == ["down"] * 5
    assert len(model.seen) == 1


def test_the_cap_of_one_run_does_not_stop_another_that_joined_its_call():
    flights = {}
    poor = SingleFlight(Scripted([CapReached("theirs")], latency=1.0), flights, "lightweight")
    rich = SingleFlight(Scripted(latency=1.0), flights, "lightweight")

    async def run():
        return await asyncio.gather(
            poor.reply(ask()), rich.reply(ask()), rich.reply(ask()), return_exceptions=True
        )

    theirs, *ours = in_no_time(run())
    assert isinstance(theirs, CapReached)
    assert all(isinstance(reply, Reply) for reply in ours) and len(rich.model.seen) == 1


def test_who_joins_when_the_call_has_just_ended_does_not_take_it_from_who_made_it():
    late: list[asyncio.Task] = []

    class Ending(Scripted):
        async def reply(self, request):
            reply = await super().reply(request)
            late.append(
                asyncio.create_task(flight.reply(request))
            )  # its turn comes before that of whoever waits for this reply
            return reply

    model = Ending(latency=1.0)
    flight = SingleFlight(model, {}, "lightweight")

    async def run():
        own = await flight.reply(ask())
        return own, await late[0]

    own, other = in_no_time(run())
    assert (own.cached, other.cached) == (False, True) and len(model.seen) == 1
