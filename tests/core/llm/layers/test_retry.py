from __future__ import annotations

import asyncio
from random import Random

import pytest

from core.errors import CallFailed, ModelRefused
from core.llm.catalogue.limits import CallLimits
from core.llm.layers.retry import Retrying, WithTimeout
from core.types import Finish, Message, Reply, Request
from tests.core.llm.scripted import Scripted, ask, in_no_time, now

DOWN = CallFailed("The server failed (500).", transient=True)


def try_on(model: Scripted, request: Request | None = None, seed: int = 0, **limits):
    """The reply or the error, and the seconds that it took."""

    async def run():
        try:
            result = await Retrying(model, CallLimits(**limits), Random(seed)).reply(request or ask())
        except (CallFailed, ModelRefused) as error:
            result = error
        return result, await now()

    return in_no_time(run())


def test_a_transient_failure_is_tried_again():
    model = Scripted([DOWN, DOWN, "good"])
    assert try_on(model)[0].text == "good" and len(model.seen) == 3


def test_a_lasting_failure_is_not_tried_again():
    model = Scripted([CallFailed("This text is too long.")])
    assert str(try_on(model)[0]) == "This text is too long." and len(model.seen) == 1


def test_a_wrong_key_is_not_tried_again():
    model = Scripted([ModelRefused("wrong key")])
    assert isinstance(try_on(model)[0], ModelRefused) and len(model.seen) == 1


def test_the_tries_end():
    model = Scripted(always=DOWN)
    error, _ = try_on(model, tries=4)
    assert error is DOWN and len(model.seen) == 4


def test_pauses_grow_and_differ_by_the_random_numbers():
    def pauses(seed: int) -> list[float]:
        model = Scripted(always=DOWN)
        try_on(model, seed=seed, tries=6)
        return [later - earlier for earlier, later in zip(model.starts, model.starts[1:], strict=False)]

    assert pauses(0) == pauses(0) != pauses(1)
    for number, pause in enumerate(pauses(0)):
        assert 0.125 * 2**number <= pause <= 0.25 * 2**number


def test_the_wait_that_the_provider_asks_for_is_kept():
    _, seconds = try_on(Scripted([CallFailed("busy", transient=True, retry_after=20.0), "good"]))
    assert seconds == pytest.approx(20.0)


def test_no_wait_is_longer_than_the_user_allows_whatever_the_provider_asks_for():
    _, seconds = try_on(
        Scripted([CallFailed("busy", transient=True, retry_after=3600.0), "good"]), longest_wait=5.0
    )
    assert seconds == pytest.approx(5.0)


def test_no_new_try_begins_after_the_deadline():
    model = Scripted(always=CallFailed("busy", transient=True, retry_after=40.0), latency=1.0)
    _, seconds = try_on(model, deadline=100.0, tries=1_000)
    assert len(model.seen) == 4 and seconds == pytest.approx(4 * 1.0 + 3 * 40.0)


def test_too_many_requests_use_up_no_try():
    model = Scripted([CallFailed("slow down", transient=True, rate_limited=True)] * 30 + ["good"])
    assert try_on(model, tries=2)[0].text == "good"


def test_an_empty_reply_is_tried_again():
    model = Scripted([Reply("  \n"), Reply("good")])
    assert try_on(model)[0].text == "good"


def test_a_reply_that_is_only_its_prefix_is_empty():
    request = Request((Message("user", "It crashes."), Message("assistant", "<label>")))
    model = Scripted([Reply("<label>"), Reply("<label>bug</label>")])
    assert try_on(model, request)[0].text == "<label>bug</label>"


def test_only_empty_replies_are_a_failed_call_after_three():
    model = Scripted(always=Reply(""))
    error, _ = try_on(model)
    assert isinstance(error, CallFailed) and "empty reply" in str(error) and len(model.seen) == 3


def test_what_cannot_be_read_is_asked_for_a_few_times():
    model = Scripted(always=CallFailed("not JSON", transient=True, lost=True, unclear=True))
    assert isinstance(try_on(model, tries=10)[0], CallFailed) and len(model.seen) == 5


@pytest.mark.parametrize("finish", [Finish.LENGTH, Finish.REFUSAL, Finish.FILTER])
def test_an_empty_reply_with_another_end_is_a_reply(finish):
    model = Scripted([Reply("", finish)])
    assert try_on(model)[0].finish is finish and len(model.seen) == 1


def test_a_provider_that_is_never_reached_refuses_the_run_soon():
    model = Scripted(always=CallFailed("Nobody listens.", transient=True, unreached=True))
    error, seconds = try_on(model)
    assert isinstance(error, ModelRefused) and "Check the network" in str(error)
    assert len(model.seen) == 3 and seconds < 2


def test_a_network_that_is_lost_for_a_moment_is_waited_for():
    gone = CallFailed("Nobody listens.", transient=True, unreached=True)
    model = Scripted([DOWN, *[gone] * 6, "good"])
    assert try_on(model)[0].text == "good"


def test_a_try_that_hangs_is_ended_and_may_have_been_billed():
    async def run():
        with pytest.raises(CallFailed) as caught:
            await WithTimeout(Scripted(latency=10_000), 60.0).reply(ask())
        return caught.value, await now()

    error, seconds = in_no_time(run())
    assert seconds == pytest.approx(60.0)
    assert error.transient and error.lost and "60 s" in str(error)


def test_a_cancelled_try_is_not_taken_for_a_hang():
    async def run():
        task = asyncio.create_task(WithTimeout(Scripted(latency=10_000), 60.0).reply(ask()))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_no_time(run())
