"""Whose fault a failure is, in the words of the servers that people have."""

from __future__ import annotations

import pytest

from core.errors import CallFailed, ModelRefused
from core.llm.providers.bodies.error_body import read_error, seconds_in
from core.llm.providers.failures import Caller, Filtered, from_answer, from_status
from tests.core.llm.providers.error_bodies import (
    BODIES,
    CLOUDFLARE,
    FILTERED,
    MODEL,
    PASSING,
    RETRY_37,
    TEXT,
    UNCLEAR,
    gemini,
    said,
)
from tests.work import steps

CALLER = Caller("server:model", "http://server/v1", "k-0123456789")


def kind(failure: object) -> str:
    if isinstance(failure, Filtered):
        return FILTERED
    if isinstance(failure, ModelRefused):
        return MODEL
    assert isinstance(failure, CallFailed)
    return PASSING if failure.transient else UNCLEAR if failure.unclear else TEXT


@pytest.mark.parametrize(
    ("status", "body", "whose"),
    [entry[1:] for entry in BODIES],
    ids=[f"{entry[0]} {entry[1]} {number}" for number, entry in enumerate(BODIES)],
)
def test_whose_fault_it_is(status: int, body: object, whose: str) -> None:
    failure = from_status(CALLER, status, {}, body)
    assert kind(failure) == whose, str(failure)
    assert len(str(failure)) < 550 and "<html" not in str(failure) and str(failure)[-1] in ".!?…"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (BODIES[8][2], "finds this text too long (400): prompt is too long: 9 tokens > 8 maximum."),
        (CLOUDFLARE, "refuses access (400): it sent a web page: Attention Required! | Cloudflare."),
        ({"detail": [{"msg": "Field required", "loc": ["body"]}]}, "Field required."),
        ({"errors": ["one thing", "another"]}, "one thing."),
        ('{"error": {"code": 400, "message": "cut \\"off', 'cut \\"off.'),
        ({"error": {"message": '{"error": {"message": "inside"}}'}}, "inside."),
        ({"error": {"message": {"x": 1}}}, "no reason given."),
        ({"error": {"message": ["a", {"b": []}]}}, "a."),
        (
            {"error": {"message": "[json.exception.parse_error.101] bad"}},
            "[json.exception.parse_error.101] bad.",
        ),
        ({"base_resp": {"status_code": 2013, "status_msg": "invalid params"}}, "invalid params."),
    ],
)
def test_the_sentence_is_the_servers(body: object, words: str) -> None:
    said_of_it = str(from_status(CALLER, 400, {}, body)).replace("refuses the request", "refuses access")
    assert said_of_it.endswith(words)


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({}, said("Please try again in 7m12s."), 432.0),
        ({}, said("Please try again in 20ms."), 0.02),
        ({}, said("Please retry in 25.465784708s."), 25.465784708),
        ({}, said("Please retry after 20 seconds."), 20.0),
        ({}, said("wait for 1 hour 2 minutes"), 3720.0),
        ({}, gemini(429, "x", "RESOURCE_EXHAUSTED", RETRY_37), 37.0),
        ({}, {"error": "loading", "estimated_time": 20.5}, 20.5),
        ({"retry-after": "3"}, said("Please try again in 20s."), 3.0),
        ({"retry-after": "30s"}, said("busy"), 30.0),
        ({}, said("Please try again in a while."), None),
        ({}, said("Please try again in " + "9" * 4_000), None),
    ],
)
def test_the_wait_that_is_asked_for_is_read_from_the_words(
    headers: dict, body: object, wait: float | None
) -> None:
    failure = from_status(CALLER, 429, headers, body)
    assert isinstance(failure, CallFailed) and failure.rate_limited and failure.retry_after == wait


@pytest.mark.parametrize(
    ("status", "words", "later"),
    [
        (503, "Loading model", True),  # llama.cpp
        (503, "Model x is currently loading", True),  # Hugging Face
        (503, "error while downloading", False),
        (503, "no healthy upstream", False),
        (500, "loading failed", False),
    ],
)
def test_a_model_that_is_still_loading_was_not_called(status: int, words: str, later: bool) -> None:
    failure = from_status(CALLER, status, {}, said(words))
    assert isinstance(failure, CallFailed) and failure.transient and failure.rate_limited is later


def test_seconds_are_read_in_any_unit() -> None:
    assert seconds_in("1h2m3.5s") == 3723.5 and seconds_in("250ms") == 0.25 and seconds_in("soon") is None


def test_the_server_decides_whether_there_is_another_try() -> None:
    for status, header, again in ((500, "false", False), (400, "true", True), (400, "", False)):
        failure = from_status(CALLER, status, {"x-should-retry": header}, {"detail": "x"})
        assert isinstance(failure, CallFailed) and failure.transient is again


@pytest.mark.parametrize(
    ("body", "whose"),
    [
        ({"error": {"code": 429, "message": "busy"}}, PASSING),
        ({"error": {"code": "429", "message": "busy"}}, PASSING),
        ({"error": {"code": "rate_limit_exceeded", "message": "busy"}}, PASSING),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, PASSING),
        ({"type": "error", "error": {"type": "authentication_error", "message": "no"}}, MODEL),
        ({"error": "prompt is too long"}, TEXT),
        ({"error": "It broke"}, PASSING),
        (
            {"object": "error", "message": "This model's maximum context length is 9 tokens", "code": 40303},
            TEXT,
        ),
        ({"error": {"message": "Content Exists Risk"}}, FILTERED),
    ],
)
def test_an_error_under_status_200_is_read_by_its_words(body: object, whose: str) -> None:
    assert kind(from_answer(CALLER, {}, body)) == whose


@pytest.mark.parametrize(
    "piece", ["x", "*", "{", "model ", "k-01", "<", "try again in ", "1", 'a"', "per ", "\\"]
)
def test_a_long_error_takes_no_longer_for_what_is_in_it(piece: str) -> None:
    def read(size: int) -> None:
        text = (piece * (size // len(piece) + 1))[:size]
        for body in (
            text,
            said(text),
            {"detail": [{"msg": text}] * 50},
            said(text, text, metadata={"raw": text}),
        ):
            from_status(CALLER, 400, {"retry-after": text}, body)

    read(10_000)
    assert steps(lambda: read(200_000)) < 3 * steps(lambda: read(100_000)) + 10_000


def test_an_error_inside_errors_ends() -> None:
    body: object = "x"
    for _ in range(900):
        body = {"error": body, "details": [body]}
    assert read_error(body).text == ""
