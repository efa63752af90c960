from __future__ import annotations

import asyncio
from collections import deque
from random import Random

import pytest

from core.errors import CallFailed, ModelRefused
from core.llm.catalogue.limits import CallLimits
from core.llm.layers.rate_limited import RateLimited
from core.llm.layers.rate_limiter import RateLimiter
from core.llm.layers.retry import Retrying, WithTimeout
from core.types import Reply, Request
from tests.core.llm.scripted import Scripted, ask, in_no_time, now


def too_many(retry_after: float | None = None) -> CallFailed:
    return CallFailed("slow down (429)", transient=True, rate_limited=True, retry_after=retry_after)


async def ask_many(model, count: int, concurrency: int) -> list:
    requests, results = iter(range(count)), []

    async def work():
        for number in requests:
            try:
                results.append(await model.reply(ask(str(number))))
            except CallFailed as error:
                results.append(error)

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return results


def most_within(starts: list[float], seconds: float) -> int:
    window, most = deque(), 0
    for start in sorted(starts):
        window.append(start)
        while window[0] <= start - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


def test_calls_in_flight_never_exceed_the_limit():
    model = Scripted(latency=1.0)
    in_no_time(ask_many(RateLimited(model, RateLimiter(CallLimits(concurrency=7))), 200, 50))
    assert model.most_at_once == 7 and len(model.seen) == 200


def test_requests_per_minute_are_kept_without_a_burst():
    model = Scripted(latency=0.1)
    in_no_time(ask_many(RateLimited(model, RateLimiter(CallLimits(requests_per_minute=600))), 300, 50))
    assert most_within(model.starts, 1.0) <= 12
    assert most_within(model.starts, 10.0) <= 102
    assert model.starts[-1] < 31, "and not slower than allowed"


def test_tokens_per_minute_are_kept_by_what_calls_truly_used():
    model = Scripted(always=Reply("x", usage=None), latency=0.1)
    from core.types import Usage

    model.always = Reply("x", usage=Usage(900, 100))
    in_no_time(ask_many(RateLimited(model, RateLimiter(CallLimits(tokens_per_minute=60_000))), 120, 4))
    assert 110 <= model.starts[-1] <= 125, "a thousand tokens a second, a thousand tokens a call"


def test_the_first_call_goes_alone_so_that_a_wrong_key_costs_one_call():
    model = Scripted(always=ModelRefused("wrong key"), latency=1.0)
    limited = RateLimited(model, RateLimiter(CallLimits()))

    async def run():
        return await asyncio.gather(*(limited.reply(ask(str(n))) for n in range(50)), return_exceptions=True)

    assert all(isinstance(error, ModelRefused) for error in in_no_time(run()))
    assert len(model.seen) == 1


def test_a_slow_first_call_does_not_keep_the_others_waiting_for_long():
    model = Scripted(latency=100.0)
    in_no_time(ask_many(RateLimited(model, RateLimiter(CallLimits())), 20, 20))
    assert max(model.starts) <= 15.1 and model.most_at_once == 20


def test_calls_leave_in_the_order_of_asking():
    """Which call meets a cap must not depend on who wakes up first."""
    model = Scripted(latency=1.0)
    limiter = RateLimiter(CallLimits())
    limited = RateLimited(model, limiter)

    async def run():
        tasks = [asyncio.create_task(limited.reply(ask(str(number)))) for number in range(3)]
        await asyncio.sleep(0.5)
        limiter.narrow = False  # two wait, and a fourth comes when all may go
        tasks.append(asyncio.create_task(limited.reply(ask("3"))))
        await asyncio.gather(*tasks)

    in_no_time(run())
    assert [request.messages[-1].content for request in model.seen] == ["0", "1", "2", "3"]


def test_a_cancelled_waiter_gives_its_place_back():
    model = Scripted(latency=1.0)
    limiter = RateLimiter(CallLimits(concurrency=1))
    limited = RateLimited(model, limiter)

    async def run():
        tasks = [asyncio.create_task(limited.reply(ask(str(n)))) for n in range(5)]
        await asyncio.sleep(0.5)
        tasks[1].cancel()
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    in_no_time(run())
    assert len(model.seen) == 3 and limiter.flying == 0


class Weather(Scripted):
    """A share of the calls, at random, is told to slow down."""

    def __init__(self, share: float, retry_after: float | None):
        super().__init__(latency=0.1)
        self.share, self.retry_after, self.random = share, retry_after, Random(0)

    async def reply(self, request: Request) -> Reply:
        if self.random.random() >= self.share:
            return await super().reply(request)
        await asyncio.sleep(self.latency)
        raise too_many(self.retry_after)


class PlainRetries(Scripted):
    """What the vendors' SDKs do: each call waits by itself, 0.5 s and longer, or as long as it is told."""

    def __init__(self, model: Weather):
        super().__init__()
        self.model = model

    async def reply(self, request: Request) -> Reply:
        pause = 0.5
        while True:
            try:
                return await self.model.reply(request)
            except CallFailed as error:
                await asyncio.sleep(error.retry_after or pause)
                pause = min(2 * pause, 8.0)


@pytest.mark.parametrize("retry_after", [None, 1.0])
@pytest.mark.parametrize("share", [0.01, 0.08, 0.2])
def test_refusals_at_random_cost_no_more_than_plain_retries(share, retry_after):
    def seconds(model) -> float:
        async def run():
            replies = await ask_many(model, 1_000, 50)
            assert len(replies) == 1_000 and all(isinstance(reply, Reply) for reply in replies)
            return await now()

        return in_no_time(run())

    weather = Weather(share, retry_after)
    limited = Retrying(RateLimited(weather, RateLimiter(CallLimits())), CallLimits(), Random(0))
    assert seconds(limited) <= 1.2 * seconds(PlainRetries(Weather(share, retry_after)))


def test_one_refusal_among_answers_keeps_nobody_else_waiting():
    model = Scripted(latency=0.1)
    limited = Retrying(RateLimited(model, RateLimiter(CallLimits())), CallLimits(), Random(0))

    async def run():
        await ask_many(limited, 20, 10)
        model.script.append(too_many(30.0))
        refused_at = await now()
        await ask_many(limited, 51, 10)
        return refused_at

    refused_at = in_no_time(run())
    assert len(model.starts) == 72 and sorted(model.starts)[-2] < refused_at + 1, "the others went on"
    assert refused_at + 30 <= max(model.starts) <= refused_at + 31


def test_when_refusals_are_what_comes_back_all_wait_once_for_as_long_as_asked():
    model = Scripted(latency=0.1)
    limited = Retrying(RateLimited(model, RateLimiter(CallLimits())), CallLimits(), Random(0))

    async def run():
        await ask_many(limited, 30, 30)
        model.script.extend([too_many(20.0)] * 30)
        refused_at = await now()
        await ask_many(limited, 50, 30)
        return refused_at

    refused_at = in_no_time(run())
    assert not [start for start in model.starts if refused_at + 0.2 < start < refused_at + 20.0]
    assert max(model.starts) < refused_at + 23


def test_what_the_rate_limit_lets_through_can_be_read():
    model = Quota(20, 1.0, latency=0.1)
    limiter = RateLimiter(CallLimits())
    limited = Retrying(RateLimited(model, limiter), CallLimits(), Random(0))

    async def run():
        assert limiter.slowdown(await now()) is None
        asking = asyncio.create_task(ask_many(limited, 400, 40))
        await asyncio.sleep(12.0)
        while_slow = limiter.slowdown(await now())
        await asking
        return while_slow, limiter.slowdown(await now() + 11.0)

    while_slow, afterwards = in_no_time(run())
    assert 14 <= while_slow.per_second <= 22 and 0 <= while_slow.wait <= 1.0
    assert afterwards is None


def test_no_pause_is_longer_than_the_user_allows():
    model = Scripted(["ok", too_many(3600.0)])
    limited = Retrying(
        RateLimited(model, RateLimiter(CallLimits(longest_wait=5.0))), CallLimits(longest_wait=5.0), Random(0)
    )

    async def run():
        await ask_many(limited, 3, 1)
        return await now()

    assert in_no_time(run()) == pytest.approx(5.0, abs=0.1)


def test_a_provider_that_keeps_asking_for_longer_than_allowed_ends_the_run_with_a_sentence():
    model = Scripted(always=too_many(3600.0))
    limits = CallLimits(longest_wait=5.0)
    limited = Retrying(RateLimited(model, RateLimiter(limits)), limits, Random(0))

    async def run():
        with pytest.raises(
            ModelRefused,
            match="asks to wait 3600 s, longer than the 5 s that you allow: try again later",
        ):
            await ask_many(limited, 100, 10)
        return await now()

    assert in_no_time(run()) < 20 and len(model.seen) == 3


def test_the_crowd_that_was_under_way_counts_as_one_congestion():
    model = Scripted(latency=1.0)
    limiter = RateLimiter(CallLimits())
    limited = RateLimited(model, limiter)

    async def run():
        await limited.reply(ask())
        model.script.extend([too_many()] * 40)
        await ask_many(limited, 40, 40)

    in_no_time(run())
    assert 20 <= limiter.allowed <= 40, "cut once, not forty times"


def test_the_lane_grows_back_to_the_limit():
    model = Scripted(latency=0.1)
    limiter = RateLimiter(CallLimits(concurrency=20))
    limited = Retrying(RateLimited(model, limiter), CallLimits(), Random(0))

    async def run():
        await ask_many(limited, 40, 20)
        model.script.extend([too_many()] * 60)
        await ask_many(limited, 20, 20)
        low = limiter.allowed
        await ask_many(limited, 1_000, 20)
        return low

    assert in_no_time(run()) < 20
    assert limiter.allowed == 20


def test_a_model_that_answers_nothing_for_the_whole_deadline_ends_the_run():
    limits = CallLimits(timeout=10.0, deadline=60.0)
    model = Scripted(always=CallFailed("failed (500)", transient=True), latency=1.0)
    limited = Retrying(RateLimited(model, RateLimiter(limits)), limits, Random(0))

    async def run():
        with pytest.raises(ModelRefused, match="has not answered for 60 s"):
            await ask_many(limited, 1_000, 10)
        return await now()

    assert in_no_time(run()) < 90


class Quota(Scripted):
    """At most `rate` calls in any second; the others are told to slow down."""

    def __init__(self, rate: int, retry_after: float | None, latency: float):
        super().__init__(latency=latency)
        self.rate, self.retry_after = rate, retry_after
        self.accepted: deque[float] = deque()

    async def reply(self, request: Request) -> Reply:
        time = await now()
        while self.accepted and self.accepted[0] <= time - 1:
            self.accepted.popleft()
        if len(self.accepted) < self.rate:
            self.accepted.append(time)
            return await super().reply(request)
        await asyncio.sleep(self.latency)
        raise too_many(self.retry_after)


@pytest.mark.parametrize("retry_after", [None, 0.2, 1.0])
def test_under_a_quota_nothing_is_lost_and_little_time(retry_after):
    model = Quota(100, retry_after, latency=0.06)
    limited = Retrying(RateLimited(model, RateLimiter(CallLimits())), CallLimits(), Random(0))

    async def run():
        return await ask_many(limited, 500, 100), await now()

    replies, seconds = in_no_time(run())
    assert len(replies) == 500 and all(isinstance(reply, Reply) for reply in replies)
    assert seconds <= 1.3 * 4.06, "a hundred at once, and then a hundred in each of four seconds"


class Slots(Scripted):
    """A local server that answers so many at a time, and keeps the others in a queue, silently."""

    def __init__(self, slots: int, latency: float):
        super().__init__(latency=latency)
        self.slots = asyncio.Semaphore(slots)

    async def reply(self, request: Request) -> Reply:
        async with self.slots:
            return await super().reply(request)


@pytest.mark.parametrize(("slots", "latency", "at_once"), [(4, 8.0, 64), (1, 5.0, 16), (4, 20.0, 64)])
def test_a_server_that_keeps_a_queue_of_its_own_gets_no_more_than_it_answers_in_time(slots, latency, at_once):
    """As llama.cpp does; by plain retries half of the rows were lost, and twice the calls were made."""
    limits = CallLimits(timeout=60.0, deadline=300.0)

    async def run():
        model = Slots(slots, latency)
        limited = RateLimited(WithTimeout(model, limits.timeout), RateLimiter(limits))
        return await ask_many(Retrying(limited, limits, Random(0)), 200, at_once), model, await now()

    replies, model, seconds = in_no_time(run())
    assert all(isinstance(reply, Reply) for reply in replies)
    assert len(model.seen) <= 1.3 * 200 and seconds <= 1.4 * 200 * latency / slots
