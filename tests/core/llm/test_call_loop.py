from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time

import pytest

from core.errors import CallFailed, CapReached, ModelRefused, Stopped
from core.llm.call_loop import CallLoop, _RequestQueue
from core.types import Reply
from tests.core.llm.scripted import Scripted, ask, in_no_time, now
from tests.core.store.scripted import wait_until


@pytest.fixture
def calls():
    calls = CallLoop()
    yield calls
    calls.close()


def echo(request):
    return request.messages[-1].content


def requests(count: int, word: str = "text"):
    return [ask(f"{word} {number}") for number in range(count)]


def test_replies_come_in_the_order_of_requests(calls):
    class Uneven(Scripted):
        async def reply(self, request):
            await asyncio.sleep(0.01 if request.messages[-1].content.endswith("0") else 0)
            return await super().reply(request)

    replies = calls.ask_all(Uneven(always=echo), requests(100), concurrency=10)
    assert [reply.text for reply in replies] == [f"text {number}" for number in range(100)]


def test_no_more_requests_are_under_way_than_allowed(calls):
    model = Scripted(latency=0.005)
    calls.ask_all(model, requests(60), concurrency=7)
    assert model.most_at_once == 7


def test_a_failed_call_stands_in_its_place(calls):
    failure = CallFailed("no")
    model = Scripted(always=lambda request: failure if request.messages[-1].content == "text 3" else "ok")
    results = calls.ask_all(model, requests(6), concurrency=2)
    assert results[3] is failure and all(
        isinstance(result, Reply) for number, result in enumerate(results) if number != 3
    )


def test_nothing_asked_is_nothing_answered(calls):
    seen = []
    assert (
        calls.ask_all(Scripted(), [], concurrency=5, on_reply=lambda done, total: seen.append((done, total)))
        == []
    )
    assert seen == [(0, 0)]


def test_progress_is_told_in_the_callers_thread_now_and_then_and_at_the_end(calls, monkeypatch):
    told, waits, wait = [], [], concurrent.futures.wait

    def counted(futures, timeout=None):
        waits.append(timeout)
        return wait(futures, timeout)

    monkeypatch.setattr(concurrent.futures, "wait", counted)
    calls.ask_all(
        Scripted(latency=0.01),
        requests(60),
        concurrency=1,
        on_reply=lambda done, total: told.append((done, total, threading.get_ident())),
    )
    assert {thread for _, _, thread in told} == {threading.get_ident()}
    counts = [done for done, _, _ in told]
    assert counts == sorted(counts) and counts[-1] == 60 and counts.count(60) == 1
    assert 3 <= len(told) == len(waits) and set(waits) == {0.05}, "at most 20 times a second"


@pytest.mark.parametrize("error", [Stopped("enough"), KeyboardInterrupt()])
def test_a_callback_that_raises_ends_what_is_under_way(calls, error):
    model = Scripted(latency=3_600.0)

    def stop(done, total):
        if model.flying:
            raise error

    with pytest.raises(type(error)):
        calls.ask_all(model, requests(100), concurrency=10, on_reply=stop)
    wait_until(lambda: model.cancelled == 10)
    assert len(model.seen) == 10


@pytest.mark.parametrize(
    ("latency", "in_flight", "cancelled", "ends"),
    [(30.0, 10, 10, 11.0), (9.0, 10, 0, 9.0), (30.0, 0, 10, 1.5), (1.25, 0, 0, 1.25)],
)
def test_answers_that_are_under_way_are_awaited_when_a_run_is_stopped(latency, in_flight, cancelled, ends):
    model = Scripted(latency=latency)
    model.in_flight = lambda: in_flight

    async def stopped_after_a_second() -> float:
        work = _RequestQueue(model, requests(100))
        asyncio.get_running_loop().call_later(1.0, work.stop)
        await asyncio.gather(work.run(10), return_exceptions=True)
        return await now()

    assert in_no_time(stopped_after_a_second()) == pytest.approx(ends, abs=0.11), "on a clock that jumps"
    assert model.cancelled == cancelled and len(model.seen) == 10, (
        "they are paid for, and no others are begun"
    )


class Refusing(Scripted):
    """Refuses all after the fourth text, while the first three are under way."""

    async def reply(self, request):
        if request.messages[-1].content == "text 3":
            await asyncio.sleep(0.05)
            raise ModelRefused("no credit")
        return await super().reply(request)


def test_a_refusal_ends_what_waits(calls):
    model = Refusing(latency=3_600.0)
    with pytest.raises(ModelRefused, match="no credit"):
        calls.ask_all(model, requests(100), concurrency=10)
    assert model.cancelled == 9


def test_a_refusal_carries_the_replies_that_came_and_those_under_way():
    model = Refusing(latency=0.3)
    model.in_flight = lambda: model.flying

    async def run():
        with pytest.raises(ModelRefused) as caught:
            await _RequestQueue(model, requests(100)).run(5)
        return caught.value.replies

    replies = in_no_time(run())
    assert [number for number, reply in enumerate(replies) if reply] == [0, 1, 2, 4] and len(replies) == 100
    assert len(model.seen) == 4, "and no others were begun"


def test_a_cap_lets_what_is_under_way_end(calls):
    class Capped(Scripted):
        left = 12

        async def reply(self, request):
            self.left -= 1
            if self.left < 0:
                raise CapReached("enough")
            return await super().reply(request)

    model = Capped(latency=0.1)
    with pytest.raises(CapReached):
        calls.ask_all(model, requests(100), concurrency=10)
    assert len(model.seen) == 12 and model.cancelled == 0


def test_a_stop_carries_the_replies_that_came(calls):
    class Slowing(Scripted):
        async def reply(self, request):
            if int(request.messages[-1].content.split()[1]) >= 4:
                await asyncio.sleep(30)
            return await super().reply(request)

    def stop(done, total):
        if done == 4:
            raise Stopped("enough")

    with pytest.raises(Stopped) as caught:
        calls.ask_all(Slowing(), requests(10), concurrency=3, on_reply=stop)
    replies = caught.value.replies
    assert [reply is not None for reply in replies] == [True] * 4 + [False] * 6
    assert all(isinstance(reply, Reply) for reply in replies[:4])


def test_a_mistake_in_the_program_is_not_swallowed(calls):
    with pytest.raises(ZeroDivisionError):
        calls.ask_all(
            Scripted([ZeroDivisionError()]), requests(5), concurrency=2, on_reply=lambda done, total: None
        )


def test_several_threads_can_ask_at_once(calls):
    results = {}

    def run(word: str):
        model = Scripted(always=echo, latency=0.01)
        results[word] = calls.ask_all(
            model, requests(50, word), concurrency=5, on_reply=lambda done, total: None
        )

    threads = [threading.Thread(target=run, args=(word,)) for word in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    for word in "abcdef":
        assert [reply.text for reply in results[word]] == [f"{word} {number}" for number in range(50)]


def test_a_run_that_is_stopped_leaves_the_others_alone(calls):
    results = []
    other = threading.Thread(
        target=lambda: results.extend(calls.ask_all(Scripted(latency=0.02), requests(40), concurrency=2))
    )
    other.start()

    def stop(done, total):
        raise Stopped("enough")

    with pytest.raises(Stopped):
        calls.ask_all(Scripted(latency=30.0), requests(10), concurrency=10, on_reply=stop)
    other.join(10)
    assert len(results) == 40


def test_replies_that_never_wait_do_not_starve_other_runs(calls):
    begun, other_ended = threading.Event(), threading.Event()

    class Instant(Scripted):
        async def reply(self, request):
            begun.set()
            if other_ended.is_set():
                raise ModelRefused("enough")
            return Reply("hit", cached=True)

    def busy():
        with pytest.raises(ModelRefused):
            calls.ask_all(Instant(), [ask()] * 1_000_000, concurrency=1)
        ends.append(other_ended.is_set())

    ends = []
    thread = threading.Thread(target=busy)
    thread.start()
    assert begun.wait(60)
    calls.ask_all(Scripted(), requests(1), concurrency=1)
    other_ended.set()
    thread.join(60)
    assert ends == [True]


def test_closing_ends_the_thread_and_the_calls_under_way():
    calls, model, errors = CallLoop(), Scripted(latency=30.0), []

    def run():
        try:
            calls.ask_all(model, requests(5), concurrency=5)
        except BaseException as error:
            errors.append(error)

    caller = threading.Thread(target=run)
    caller.start()
    while model.flying < 5:
        time.sleep(0.01)
    calls.close()
    caller.join(60)
    assert not caller.is_alive() and isinstance(errors[0], Stopped) and model.cancelled == 5
    calls.close()
    with pytest.raises(Stopped):
        calls.ask_all(model, requests(5), concurrency=5)
    assert not any(
        thread.name == "model calls" and thread is calls._thread for thread in threading.enumerate()
    )


def test_anything_else_can_run_on_the_loop(calls):
    async def where():
        return threading.current_thread().name

    assert calls.run(where()) == "model calls"
