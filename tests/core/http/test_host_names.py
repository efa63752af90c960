"""A page asked for by a name that Whetstone does not answer to says what to do; health and the API answer themselves."""

from __future__ import annotations

import asyncio
import logging

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from core.http.host_names import HostNames

HOSTS = ("localhost", "127.0.0.1", "*.example.com")


def asked_by(app: HostNames, scope: Scope) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, None, send))  # type: ignore[arg-type]
    return sent


def asked(app: HostNames, path: str, host: str) -> tuple[int, str]:
    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", host.encode("latin-1"))]}
    sent = asked_by(app, scope)
    return sent[0]["status"], sent[1]["body"].decode()


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", "localhost:8501", 200),
        ("/runs", "whetstone.example.com", 200),
        ("/runs", "whetstone.test", 403),
        ("/", "example.com.evil.test:80", 403),
        ("/", "", 403),
        ("/_stcore/metrics", "whetstone.test", 403),
        ("/_stcore/health", "10.0.0.7:8501", 200),
        ("/api/v1/health", "whetstone.test", 200),
    ],
)
def test_a_name_is_answered_to_or_not(path: str, host: str, status: int):
    assert asked(HostNames(PlainTextResponse("page"), lambda: HOSTS), path, host)[0] == status


def test_it_says_what_to_do_on_the_page_and_once_on_the_console(caplog: pytest.LogCaptureFixture):
    app = HostNames(PlainTextResponse("page"), lambda: HOSTS)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            _, words = asked(app, "/", "whetstone.test\x1b[31m:80")
    assert words.startswith("Whetstone does not answer to the name “whetstone.test [31m”. Whoever runs it")
    assert "STREAMLIT_SERVER_ALLOWED_HOSTS" in words and len(caplog.records) == 1
    assert "answers to localhost 127.0.0.1 *.example.com" in caplog.text and "\x1b" not in caplog.text


def test_without_a_list_it_answers_to_any_name():
    assert asked(HostNames(PlainTextResponse("page"), tuple), "/", "anything.test")[0] == 200


@pytest.mark.parametrize(
    ("host", "sent"),
    [
        (b"localhost:8501", {"type": "websocket.accept"}),
        (b"whetstone.test", {"type": "websocket.close", "code": 1008}),
    ],
)
def test_a_socket_asked_for_by_another_name_is_refused_before_streamlit_sees_it(host: bytes, sent: Message):
    """Streamlit writes a line of the log for each."""

    async def streamlit(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": [(b"host", host)]}
    assert asked_by(HostNames(streamlit, lambda: HOSTS), scope) == [sent]
