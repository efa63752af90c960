"""Bounds on the callers that the server waits for: whoever sends half a request, or reads none of its answer, keeps
nobody else out.

uvicorn waits for ever, and a process whose descriptors are all taken writes some thousand lines a second about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_FILES = 16_384
BACKLOG = 128  # connections taken in at once, before any of them is looked at


@dataclass(frozen=True, slots=True)
class Bounds:
    """A caller that is waited for is let go after `seconds` without a byte from or to it, and after `unasked` bytes that
    belong to no request under way; of more than `waiting` of them the first ones are let go, of more than `most`
    connections of any kind the new ones."""

    seconds: float = 15.0
    unasked: int = 100_000_000
    waiting: int = 250
    most: int = 500  # half of the descriptors that most systems let a process have


class Callers:
    """Of one server: its lifespan (`within`) puts it before the protocol of each connection, and its middleware tells
    it when a request has come whole and is answered."""

    def __init__(self, bounds: Bounds | None = None):
        self.bounds = bounds or Bounds()
        self.current: ContextVar[WatchedConnection | None] = ContextVar("caller", default=None)
        self._open: set[WatchedConnection] = set()
        self._waiting: dict[WatchedConnection, None] = {}  # the first are those that are waited for longest

    def within(self, lifespan: Callable[[Any], AbstractAsyncContextManager[None]]) -> Callable[[Any], Any]:
        """A lifespan with another one inside. Servers start to listen after it has begun."""

        @asynccontextmanager
        async def bounded(app: object) -> AsyncIterator[None]:
            allow_open_files(OPEN_FILES)
            loop = asyncio.get_running_loop()
            create = loop.create_server

            async def create_server(
                factory: Callable[[], asyncio.Protocol], *args: Any, backlog: int = BACKLOG, **named: Any
            ) -> asyncio.Server:
                return await create(
                    lambda: WatchedConnection(factory(), self), *args, backlog=min(backlog, BACKLOG), **named
                )

            loop.create_server = create_server  # type: ignore[method-assign, assignment]
            async with lifespan(app):
                yield

        return bounded

    def middleware(self, app: ASGIApp) -> ASGIApp:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            caller = self.current.get()
            if caller is None or scope["type"] not in ("http", "websocket"):
                await app(scope, receive, send)
                return
            with caller.answering():
                if scope["type"] == "http":
                    receive, send = _watched(caller, Headers(scope=scope), receive, send)
                await app(scope, receive, send)

        return watched

    # ---- for WatchedConnection

    def admit(self, caller: WatchedConnection) -> bool:
        if len(self._open) >= self.bounds.most:
            return False
        self._open.add(caller)
        return True

    def wait_for(self, caller: WatchedConnection) -> None:
        self._waiting.setdefault(caller)
        if len(self._waiting) > self.bounds.waiting:
            next(iter(self._waiting)).let_go()

    def wait_no_longer(self, caller: WatchedConnection) -> None:
        self._waiting.pop(caller, None)

    def forget(self, caller: WatchedConnection) -> None:
        self._open.discard(caller)
        self._waiting.pop(caller, None)


def allow_open_files(most: int) -> None:
    """As many as the system lets this process have. Streamlit keeps three for each session, until two minutes after its
    page was left; many systems begin with 1,024 or fewer and allow more to whoever asks."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class WatchedConnection(asyncio.Protocol):
    """One connection, before the server's own protocol. A websocket takes the transport over, and is told of by its ASGI call alone."""

    def __init__(self, inner: asyncio.Protocol, callers: Callers):
        self._inner = inner
        self._callers = callers
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None
        self._answering = 0  # ASGI calls under way
        self._received = 0  # bytes since it is waited for
        self._admitted = False

    # ---- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._admitted = self._callers.admit(self)
        if not self._admitted:
            transport.abort()
            return
        self._inner.connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if not self._admitted:
            return
        self._received += len(data)
        token = self._callers.current.set(self)  # for the calls that come of it
        try:
            self._inner.data_received(data)
        finally:
            self._callers.current.reset(token)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._admitted else None

    def connection_lost(self, error: Exception | None) -> None:
        self._forget()
        if self._admitted:
            self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    # ---- the application's side

    @contextmanager
    def answering(self) -> Iterator[None]:
        self._answering += 1
        self._wait_no_longer()
        try:
            yield
        finally:
            self._answering -= 1
            if self._transport.is_closing():
                self._forget()
            elif not self._answering:
                self._wait()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While it is the caller's turn."""
        self._wait()
        try:
            yield
        finally:
            self._wait_no_longer()

    def let_go(self) -> None:
        self._forget()
        self._transport.abort()

    def _wait(self) -> None:
        self._received = 0
        self._callers.wait_for(self)
        self._look_again()

    def _look_again(self) -> None:
        self._stop_timer()
        before = self._received, self._transport.get_write_buffer_size()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._callers.bounds.seconds, self._look, *before)

    def _look(self, received: int, unread: int) -> None:
        comes = received < self._received <= self._callers.bounds.unasked
        if comes or self._transport.get_write_buffer_size() < unread:
            self._look_again()
        else:
            self.let_go()

    def _wait_no_longer(self) -> None:
        self._stop_timer()
        self._callers.wait_no_longer(self)

    def _forget(self) -> None:
        self._stop_timer()
        self._callers.forget(self)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _watched(
    caller: WatchedConnection, headers: Headers, receive: Receive, send: Send
) -> tuple[Receive, Send]:
    """Reads and writes in which the caller is waited for: a body until it is whole, then nothing more is to come."""
    whole = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers

    async def receive_watched() -> Message:
        nonlocal whole
        if whole:
            return await receive()
        with caller.waiting():
            message = await receive()
        whole = not message.get("more_body", False)
        return message

    async def send_watched(message: Message) -> None:
        with caller.waiting():
            await send(message)

    return receive_watched, send_watched
