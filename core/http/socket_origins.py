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
        if scope["type"] == "websocket" and self._is_foreign(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
        else:
            await self._app(scope, receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        origin, others = headers.get("origin"), self._origins()
        if origin is None or others is None or origin in others:
            return False
        try:
            return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
        except ValueError:  # brackets that do not match
            return True
