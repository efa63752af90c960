"""The dashboard's pages begin with our script; everything else passes as it is."""

from __future__ import annotations

import asyncio

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message

from core.http.page_script import PageScript

PAGE = "<html><head><title>Dashboard</title></head></html>"


def asked(app: ASGIApp, accept: str) -> tuple[dict[str, str], str]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/runs", "headers": [(b"accept", accept.encode())]}
    asyncio.run(PageScript(app, ("runs", "review"), ("static/a.js",))(scope, None, send))  # type: ignore[arg-type]
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return headers, b"".join(message.get("body", b"") for message in sent[1:]).decode()


def test_a_page_has_the_script_first_and_its_new_length():
    headers, body = asked(HTMLResponse(PAGE, headers={"etag": "old"}), "text/html,*/*")
    assert body.startswith("<html><head><script>") and "/(runs|review)" in body
    assert 'ahead = ["static/a.js"]' in body
    assert headers["content-length"] == str(len(body)) and "etag" not in headers


def test_everything_else_passes_as_it_is():
    other: list[tuple[Response, str]] = [
        (PlainTextResponse(PAGE), "text/html"),
        (HTMLResponse(PAGE), "*/*"),
        (HTMLResponse(PAGE, 403), "text/html"),
    ]
    for response, accept in other:
        assert asked(response, accept)[1] == PAGE
