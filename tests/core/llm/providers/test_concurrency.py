"""Many calls at once, storms, and event loops that come and go."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import CallFailed, ModelRefused
from core.llm.catalogue.profiles import load_profiles
from core.llm.providers.connect_model import connect_model
from core.types import Message, Reply, Request
from tests.core.llm.providers.conftest import FORMS, QUESTION, keys_for
from tests.fakes import acts, wire
from tests.fakes.server import FakeServer


def question(number: int) -> Request:
    return Request((QUESTION.messages[0], Message("user", f"<text>{number}</text>")))


async def ask_many(server: FakeServer, name: str, count: int, at_once: int) -> list[Reply | CallFailed]:
    model, numbers = connect_model(name, keys_for(server), load_profiles()), iter(range(count))
    replies: list[Reply | CallFailed] = [CallFailed("never asked")] * count

    async def work() -> None:
        for number in numbers:
            try:
                replies[number] = await model.reply(question(number))
            except CallFailed as failure:
                replies[number] = failure

    await asyncio.gather(*(work() for _ in range(at_once)))
    await model.aclose()  # type: ignore[attr-defined]
    return replies


@pytest.mark.parametrize("name", FORMS)
def test_each_of_many_calls_gets_its_own_reply(server: FakeServer, name: str) -> None:
    server.latency = 0.01
    server.answer = lambda messages: wire.Said("You asked " + messages[-1][1])
    replies = asyncio.run(ask_many(server, name, 300, 50))
    assert [reply.text for reply in replies if isinstance(reply, Reply)] == [
        f"You asked <text>{number}</text>" for number in range(300)
    ]
    assert server.counts["requests"] == 300 and 25 <= server.most_at_once <= 50


@pytest.mark.parametrize("name", FORMS)
def test_in_a_storm_every_failure_is_transient_and_every_reply_is_whole(
    server: FakeServer, name: str
) -> None:
    server.failures = (0.2, acts.STORM)
    server.answer = lambda messages: wire.Said("You asked " + messages[-1][1])
    replies = asyncio.run(ask_many(server, name, 400, 50))
    failed = [reply for reply in replies if isinstance(reply, CallFailed)]
    assert 40 <= len(failed) <= 130
    assert all(failure.transient for failure in failed)
    assert all(
        reply.text == f"You asked <text>{number}</text>"
        for number, reply in enumerate(replies)
        if isinstance(reply, Reply)
    )
    assert server.counts["requests"] == 400 and server.counts["answered"] == 400 - len(failed)


def test_over_the_quota_every_failure_is_a_rate_limit(server: FakeServer) -> None:
    server.quota, server.quota_headers = 50, {"retry-after": "1"}
    failed = [one for one in asyncio.run(ask_many(server, FORMS[0], 100, 50)) if isinstance(one, CallFailed)]
    assert failed and all(failure.rate_limited and failure.retry_after == 1 for failure in failed)


@pytest.mark.parametrize("name", FORMS)
def test_one_model_works_on_one_event_loop_after_another(server: FakeServer, name: str) -> None:
    model = connect_model(name, keys_for(server), load_profiles())

    async def once() -> str:
        text = (await model.reply(QUESTION)).text
        await model.aclose()  # type: ignore[attr-defined]
        return text

    assert len({asyncio.run(once()) for _ in range(3)}) == 1
    assert server.counts["200"] == 3


def test_a_loop_that_died_with_the_connection_open_is_survived(server: FakeServer) -> None:
    model = connect_model(FORMS[0], keys_for(server), load_profiles())
    for _ in range(2):
        assert "<label>" in asyncio.run(model.reply(QUESTION)).text  # type: ignore[arg-type]
    assert server.counts["200"] == 2


def test_the_first_call_and_the_later_ones_send_the_same_headers(server: FakeServer) -> None:
    for name in FORMS:
        server.seen.clear()
        asyncio.run(ask_many(server, name, 3, 1))
        first, *later = (one.headers for one in server.seen)
        assert later == [first, first]


def test_a_refused_first_call_leaves_the_model_usable(server: FakeServer) -> None:
    async def run() -> str:
        model = connect_model(FORMS[0], keys_for(server), load_profiles())
        for act in (acts.status(401), acts.status(401)):
            server.script.append(act)
            with pytest.raises(ModelRefused):
                await model.reply(QUESTION)
        text = (await model.reply(QUESTION)).text
        await model.aclose()  # type: ignore[attr-defined]
        return text

    assert "<label>" in asyncio.run(run())
