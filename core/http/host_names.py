"""The names that Whetstone answers to: a page asked for by another one says what to do.

Streamlit gives the page to whoever asks and refuses its websocket alone, which leaves an empty page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.http.guard import is_one_of_hosts
from core.wording import quoted

VARIABLE = "STREAMLIT_SERVER_ALLOWED_HOSTS"
HEALTH = "/_stcore/health"  # asked by load balancers, which know an address and no name
MOST = 20  # names that are logged

log = logging.getLogger(__name__)


class HostNames:
    """ASGI middleware; the API, at /api, refuses in a form of its own. `hosts` as in server.allowedHosts; none: any
    name."""

    def __init__(self, app: ASGIApp, hosts: Callable[[], Sequence[str]]):
        self._app = app
        self._hosts = hosts
        self._logged: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "") + "/"
        if scope["type"] in ("http", "websocket") and HEALTH not in path and "/api/" not in path:
            hosts, name = self._hosts(), Headers(scope=scope).get("host", "")
            if hosts and not is_one_of_hosts(name, hosts):
                sentence = self._refused(name, hosts)
                if scope["type"] == "http":
                    await PlainTextResponse(sentence + "\n", 403)(scope, receive, send)
                else:
                    await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
                return
        await self._app(scope, receive, send)

    def _refused(self, name: str, hosts: Sequence[str]) -> str:
        bare = quoted(name.rpartition(":")[0] or name, 100)
        if bare not in self._logged and len(self._logged) < MOST:
            self._logged.add(bare)
            log.warning(
                "Refused a page asked for as %s: Whetstone answers to %s. Set %s, names separated by spaces.",
                bare,
                " ".join(hosts),
                VARIABLE,
            )
        return (
            f"Whetstone does not answer to the name {bare}. Whoever runs it starts it with {VARIABLE}, in which this name stands, "
            "separated from others by spaces (docs/deploying.md)."
        )
