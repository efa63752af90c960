"""The pages that may open the dashboard's socket: its own. Streamlit lets in every page of this machine, whatever its
port, and to decide about others looks up its own address on the internet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send


class SocketOrigins:
    """ASGI middleware. `origins`: those that may come in besides, as in server.corsAllowedOrigins; None: any. A program
    that names no origin may: only browsers must."""

    def __init__(self, app: ASGIApp, origins: Callable[[], Sequence[str] | None]):
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if self._is_foreign(Headers(scope=scope)):
                await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
                return
            if self._origins() is not None:
                scope = _named_as_asked(scope)
        await self._app(scope, receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        origin, others = headers.get("origin"), self._origins()
        if origin is None or others is None or origin in others:
            return False
        try:
            return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
        except ValueError:  # brackets that do not match
            return True


def _named_as_asked(scope: Scope) -> Scope:
    """With the host that was asked for as its origin: what is let in here would else be looked up by Streamlit, if it
    is written in other letters or comes from a page that is listed."""
    host, origin = Headers(scope=scope).get("host", ""), Headers(scope=scope).get("origin")
    if origin is None:
        return scope
    named = (origin.partition("://")[0] + "://" + host).encode("latin-1")
    return {
        **scope,
        "headers": [(name, named if name == b"origin" else value) for name, value in scope["headers"]],
    }
