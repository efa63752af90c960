"""A page of another origin, on this machine or not, does not get the dashboard's socket."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from core.http.socket_origins import SocketOrigins


def gets_in(
    origin: str | None, others: Sequence[str] | None = (), seen: list[str | None] | None = None
) -> bool:
    sent: list[Message] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if seen is not None:
            seen.append(Headers(scope=scope).get("origin"))
        await send({"type": "websocket.accept"})

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost:8501")] + ([(b"origin", origin.encode())] if origin is not None else [])
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": headers}
    asyncio.run(SocketOrigins(application, lambda: others)(scope, None, send))  # type: ignore[arg-type]
    return sent == [{"type": "websocket.accept"}]


@pytest.mark.parametrize("origin", ["http://localhost:8501", "HTTPS://LOCALHOST:8501", None])
def test_its_own_pages_and_programs_get_in(origin: str | None):
    assert gets_in(origin)


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:9999", "http://127.0.0.1:8501", "https://evil.test", "null", "", "http://[::1"],
)
def test_pages_of_another_origin_do_not(origin: str):
    assert not gets_in(origin)


def test_unless_they_are_listed_or_the_check_is_off():
    assert gets_in("https://frame.example.com", ["https://frame.example.com"])
    assert gets_in("https://frame.example.com", None)


@pytest.mark.parametrize("origin", ["http://LOCALHOST:8501", "http://frame.example.com", None])
def test_what_gets_in_bears_the_name_that_was_asked_for(origin: str | None):
    """Streamlit would look up others on the internet to decide about them."""
    seen: list[str | None] = []
    assert gets_in(origin, ["http://frame.example.com"], seen)
    assert seen == ["http://localhost:8501" if origin else None]
