"""Who may come in, how often, and with how much: asked before anything is read or done."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from core.http.responses import Refused, refusal

SHORTEST_TOKEN = 16  # characters
MOST_CALLERS = 10_000  # whose rates are remembered


@dataclass(frozen=True, slots=True)
class Limits:
    """`body` in bytes; `requests` per second of one address, and `burst` seconds' worth of them at once;
    `attempts` with a wrong token per minute of one address, and ten times as many of all (an address can be claimed by a
    header, X-Forwarded-For); `at_once`: calls of one kind that are carried out
    together, `waiting`: that may wait for that."""

    body: int = 1_000_000
    requests: float = 100.0
    burst: float = 5.0
    attempts: float = 10.0
    at_once: int = 16
    waiting: int = 256


@dataclass(slots=True)
class Buckets:
    """Token buckets by caller: `rate` a second, `most` at once. For one thread."""

    rate: float
    most: float
    clock: Callable[[], float] = time.monotonic
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, caller: str) -> float:
        """Takes one and gives 0.0; or takes none, and gives the seconds until there is one."""
        now = self.clock()
        level, at = self._levels.get(caller, (self.most, now))
        level = min(self.most, level + (now - at) * self.rate)
        if level < 1.0:
            return (1.0 - level) / self.rate
        self._make_room(caller, now)
        self._levels[caller] = (level - 1.0, now)
        return 0.0

    def _make_room(self, caller: str, now: float) -> None:
        """Forgets those that have been quiet for long enough to be as good as new, and the one that was quiet
        longest if need be."""
        if caller in self._levels or len(self._levels) < MOST_CALLERS:
            return
        full = [
            each for each, (level, at) in self._levels.items() if level + (now - at) * self.rate >= self.most
        ]
        for each in full or [min(self._levels, key=lambda name: self._levels[name][1])]:
            del self._levels[each]


class Guard:
    """Before an application: hosts and origins, the token, the rate, the declared size; in that order. No refusal closes
    the connection: what still comes is thrown away by the server, since most clients see the reply only when they have sent all.
    `hosts` are those that Whetstone answers to (none: any); a page of another origin is refused even with the
    token."""

    def __init__(self, app: ASGIApp, token: str, limits: Limits, hosts: Callable[[], Sequence[str]] = tuple):
        self._app = app
        self._token = hashlib.sha256(token.encode()).digest()
        self._limits = limits
        self._hosts = hosts
        self._requests = Buckets(limits.requests, max(1.0, limits.requests * limits.burst))
        self._attempts = Buckets(limits.attempts / 60, max(1.0, limits.attempts))
        self._all_attempts = Buckets(limits.attempts / 6, max(10.0, 10 * limits.attempts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            try:
                self.check(Headers(scope=scope), scope["client"][0] if scope.get("client") else "")
            except Refused as refused:
                await refusal(refused)(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    def check(self, headers: Headers, caller: str) -> None:
        """Refused."""
        check_origin(headers, self._hosts())
        self._check_token(headers.get("authorization", ""), caller)
        if wait := self._requests.wait(caller):
            raise _later("That is more than this server takes of one address: go on more slowly.", wait)
        check_size(headers, self._limits.body)

    def _check_token(self, given: str, caller: str) -> None:
        scheme, _, token = given.partition(" ")
        # Digests have one length, and take the same time to compare whatever is in them.
        right = hmac.compare_digest(
            hashlib.sha256(token.strip().encode("utf-8", "replace")).digest(), self._token
        )
        if scheme.lower() == "bearer" and right:
            return  # always: others behind the same address cannot lock it out
        if given and (wait := self._attempts.wait(caller) or self._all_attempts.wait("")):
            raise _later("Too many wrong tokens came from this address: wait, then send the right one.", wait)
        raise Refused(
            401,
            "token",
            "The API wants the token of this server: send the header “Authorization: Bearer …” with the value of "
            "WHETSTONE_API_TOKEN.",
            {"WWW-Authenticate": "Bearer"},
        )


def check_origin(headers: Headers, hosts: Sequence[str]) -> None:
    """A browser names the origin of the page that asks: only the dashboard's own may. Refused."""
    host = headers.get("host", "")
    if hosts and not is_one_of_hosts(host, hosts):
        raise Refused(
            403,
            "host",
            "This server does not answer to the name that was asked for: use one of server.allowedHosts.",
        )
    origin = headers.get("origin")
    foreign = origin is not None and origin.lower() not in (
        "http://" + host.lower(),
        "https://" + host.lower(),
    )
    if foreign or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Refused(
            403,
            "origin",
            "Pages of another origin may not use the API: call it from a program, not from a web page.",
        )


def check_size(headers: Headers, most: int) -> None:
    """What the request says of its own size. Refused."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise _too_large(most)


async def read_body(request: Request, most: int) -> bytes:
    """At most so many bytes, whatever was declared, and JSON by its own word. Refused; ClientDisconnect."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(
            415,
            "content_type",
            "The body must be JSON: send the header “Content-Type: application/json”.",
        )
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
    return b"".join(parts)


def _too_large(most: int) -> Refused:
    return Refused(413, "size", f"The body is larger than {most:,} bytes: send fewer texts at once.")


def _later(sentence: str, wait: float) -> Refused:
    return Refused(429, "rate", sentence, {"Retry-After": str(max(1, round(wait + 0.5)))})


def is_one_of_hosts(host: str, hosts: Sequence[str]) -> bool:
    """Whether the header names one of them. As Streamlit reads server.allowedHosts: a name, "*.example.org" for
    those below it, or "*" for all."""
    name = _hostname("//" + host)
    patterns = [each.strip().lower().rstrip(".") for each in hosts]
    return any(
        each == "*" or name == each or (each.startswith("*.") and name.endswith(each[1:]))
        for each in patterns
    )


def _hostname(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower().rstrip(".")
    except ValueError:  # brackets that do not match
        return ""
