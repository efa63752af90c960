"""Every way a call can fail, in each wire form, through the real SDKs against the local server: the right
error, in one sentence."""

from __future__ import annotations

import asyncio
import email.utils
import time

import pytest

from core.errors import CallFailed, ModelError, ModelRefused
from core.llm.catalogue.profiles import load_profiles
from core.llm.providers.anthropic import AnthropicModel
from core.llm.providers.connect_model import connect_model
from core.llm.providers.connection import Endpoint
from core.llm.providers.openai import OpenAIModel
from core.types import Finish
from tests.core.llm.providers.conftest import (
    ANTHROPIC_KEY,
    CHAT,
    FORMS,
    MESSAGES,
    OPENAI_KEY,
    QUESTION,
    RESPONSES,
    ask,
    keys_for,
)
from tests.fakes import acts
from tests.fakes.acts import Act
from tests.fakes.server import FakeServer

pytestmark = pytest.mark.parametrize("name", FORMS)


def failure(server: FakeServer, name: str, act: Act) -> CallFailed:
    server.script.append(act)
    with pytest.raises(CallFailed) as caught:
        ask(server, name)
    assert server.counts["requests"] == 1, "one attempt, no retry of the SDK's own"
    return caught.value


def assert_one_sentence(error: ModelError) -> None:
    text = str(error)
    assert text[-1] in ".!?…" and "\n" not in text and len(text) < 500
    assert OPENAI_KEY not in text and ANTHROPIC_KEY not in text


# ---- transient: this call, worth another try


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 503, 529])
def test_trouble_of_the_server_is_transient(server: FakeServer, name: str, status: int) -> None:
    error = failure(server, name, acts.status(status, "The engine is overloaded"))
    assert (error.transient, error.rate_limited, error.lost) == (True, False, False)
    assert str(status) in str(error) and "The engine is overloaded." in str(error)
    assert_one_sentence(error)


def test_too_many_requests_is_rate_limited(server: FakeServer, name: str) -> None:
    error = failure(server, name, acts.RATE_LIMITED)
    assert (error.transient, error.rate_limited, error.retry_after) == (True, True, None)


@pytest.mark.parametrize(
    ("header", "value", "seconds"),
    [
        ("retry-after", "3600", 3600.0),
        ("retry-after", "0.5", 0.5),
        ("retry-after-ms", "250", 0.25),
        ("retry-after", "-3", 0.0),
        ("retry-after", "soon", None),
        ("retry-after", "nan", None),
        ("retry-after", "inf", None),
    ],
)
def test_the_wait_that_the_server_asks_for_is_read(
    server: FakeServer, name: str, header: str, value: str, seconds: float | None
) -> None:
    error = failure(server, name, Act("status", status=429, message="slow down", headers={header: value}))
    assert error.retry_after == seconds


def test_a_wait_until_a_date_is_read(server: FakeServer, name: str) -> None:
    error = failure(
        server, name, acts.status(503, retry_after=email.utils.formatdate(time.time() + 3_600, usegmt=True))
    )
    assert error.retry_after == pytest.approx(3_600, abs=300)


def test_milliseconds_win_over_seconds(server: FakeServer, name: str) -> None:
    assert failure(server, name, acts.status(429, retry_after="9", retry_after_ms="1500")).retry_after == 1.5


def test_the_server_may_forbid_another_try(server: FakeServer, name: str) -> None:
    assert not failure(server, name, acts.status(500, x_should_retry="false")).transient


@pytest.mark.parametrize("act", [acts.RESET, acts.CUT], ids=["reset", "cut"])
def test_a_broken_connection_is_transient(server: FakeServer, name: str, act: Act) -> None:
    error = failure(server, name, act)
    assert error.transient and error.lost
    assert str(error) == name + " closed the connection before the reply was whole."


@pytest.mark.parametrize("act", [acts.NO_CHOICES, acts.EMPTY], ids=["no choices", "empty"])
def test_an_answer_without_text_is_an_empty_reply_with_its_tokens(
    server: FakeServer, name: str, act: Act
) -> None:
    server.script.append(act)
    reply = ask(server, name)
    assert (reply.text, reply.finish) == ("", Finish.STOP)
    assert reply.usage.output > 0 and not reply.usage.estimated


@pytest.mark.parametrize("act", [acts.HALF, acts.INVALID], ids=["half", "invalid"])
def test_a_reply_that_is_none_is_transient(server: FakeServer, name: str, act: Act) -> None:
    error = failure(server, name, act)
    assert error.transient and error.lost and error.unclear
    assert " sent a" in str(error)
    assert_one_sentence(error)


@pytest.mark.parametrize(
    "act", [acts.RESET, acts.CUT, acts.HALF, acts.status(500)], ids=["reset", "cut", "half", "500"]
)
def test_the_connection_works_again_after_a_failure(server: FakeServer, name: str, act: Act) -> None:
    async def twice() -> str:
        model = connect_model(name, keys_for(server), load_profiles())
        await model.reply(QUESTION)
        server.script.append(act)
        with pytest.raises(CallFailed):
            await model.reply(QUESTION)
        text = (await model.reply(QUESTION)).text
        await model.aclose()  # type: ignore[attr-defined]
        return text

    assert "<label>" in asyncio.run(twice())


def test_a_server_that_never_answers_is_given_up(server: FakeServer, name: str) -> None:
    server.always = acts.HANG
    profile, make = load_profiles().of(name), AnthropicModel if name == MESSAGES else OpenAIModel
    paths = {CHAT: "/chat/completions", RESPONSES: "/responses", MESSAGES: "/v1/messages"}
    sdk = ("anthropic", "AsyncAnthropic") if name == MESSAGES else ("openai", "AsyncOpenAI")

    async def wait() -> None:
        model = make(name, OPENAI_KEY, Endpoint(*sdk, server.url, paths[name], seconds=0.3), profile)
        try:
            await model.reply(QUESTION)
        finally:
            await model.aclose()

    with pytest.raises(CallFailed, match="did not answer in time") as caught:
        asyncio.run(wait())
    assert caught.value.transient and caught.value.lost


def test_a_call_can_be_cancelled(server: FakeServer, name: str) -> None:
    server.always = acts.HANG

    async def wait() -> None:
        model = connect_model(name, keys_for(server), load_profiles())
        try:
            async with asyncio.timeout(0.3):
                await model.reply(QUESTION)
        finally:
            await model.aclose()  # type: ignore[attr-defined]

    with pytest.raises(TimeoutError):
        asyncio.run(wait())


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:9", "connection refused"),
        ("http://no-such-host.invalid", "no such host, or no network"),
    ],
)
def test_no_network_is_transient_and_named(server: FakeServer, name: str, address: str, words: str) -> None:
    server.url = address
    with pytest.raises(CallFailed) as caught:
        ask(server, name)
    assert caught.value.transient and not caught.value.lost
    assert words in str(caught.value) and address in str(caught.value)
    assert_one_sentence(caught.value)


# ---- every call


def test_a_wrong_key_is_refused_with_the_providers_message_and_without_the_key(
    server: FakeServer, name: str
) -> None:
    server.key = "another"
    with pytest.raises(ModelRefused) as caught:
        ask(server, name)
    assert (
        str(caught.value)
        == name + " refuses the key (401): Incorrect API key provided: [key]. Check your key."
    )
    assert server.counts["requests"] == 1


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (
            acts.UNKNOWN_MODEL,
            "does not know this model or address (404): The model `nope` does not exist or you do not have access to it.",
        ),
        (acts.status(403, "Country not supported"), "refuses access (403): Country not supported."),
        (
            acts.status(400, "Unsupported parameter: 'seed'"),
            "refuses the request (400): Unsupported parameter: 'seed'.",
        ),
        (acts.status(402, "Payment required"), "refuses the request (402): Payment required."),
        (
            acts.NO_QUOTA,
            "refuses the account: You exceeded your current quota, please check your plan and billing details.",
        ),
        (
            acts.status(400, "Your credit balance is too low"),
            "refuses the request (400): Your credit balance is too low.",
        ),
    ],
    ids=["unknown model", "forbidden", "bad request", "payment", "quota used up", "credit"],
)
def test_what_no_retry_can_change_is_refused(server: FakeServer, name: str, act: Act, words: str) -> None:
    server.script.append(act)
    with pytest.raises(ModelRefused) as caught:
        ask(server, name)
    assert str(caught.value) == name + " " + words


@pytest.mark.parametrize(
    "act",
    [
        acts.status(400, "This model's maximum context length is 8192 tokens", "context_length_exceeded"),
        acts.status(400, "prompt is too long: 2000000 tokens > 1000000 maximum"),
        acts.status(413, "Request too large"),
    ],
    ids=["openai", "anthropic", "413"],
)
def test_a_text_that_is_too_long_fails_alone(server: FakeServer, name: str, act: Act) -> None:
    error = failure(server, name, act)
    assert not error.transient and "finds this text too long" in str(error)


def test_an_error_page_of_a_proxy_is_not_repeated_as_a_message(server: FakeServer, name: str) -> None:
    server.always = acts.INVALID
    error = failure(server, name, acts.INVALID)
    assert "<html>" not in str(error)


# ---- replies of another kind


def test_a_refusal_is_a_reply(server: FakeServer, name: str) -> None:
    server.script.append(acts.REFUSAL)
    reply = ask(server, name)
    assert (reply.finish, reply.text) == (Finish.REFUSAL, "I can't help with that.")
    assert reply.usage.output == 10


def test_a_reply_stopped_for_length_is_a_reply(server: FakeServer, name: str) -> None:
    server.script.append(acts.LENGTH)
    reply = ask(server, name)
    assert (reply.finish, reply.text) == (Finish.LENGTH, "The wording points")


def test_reasoning_that_used_up_the_length_is_a_reply_without_text(server: FakeServer, name: str) -> None:
    server.script.append(acts.reply("", "length"))
    reply = ask(server, name)
    assert (reply.finish, reply.text) == (Finish.LENGTH, "")


def test_a_content_filter_is_a_reply(server: FakeServer, name: str) -> None:
    server.script.append(acts.FILTER)
    assert ask(server, name).finish is (Finish.REFUSAL if name == MESSAGES else Finish.FILTER)


def test_a_filter_that_answers_with_status_400_is_a_reply(server: FakeServer, name: str) -> None:
    server.script.append(acts.FILTERED_REQUEST)
    reply = ask(server, name)
    assert (reply.finish, reply.text) == (
        Finish.FILTER,
        "The prompt was filtered by the content management policy.",
    )
