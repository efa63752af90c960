"""Callers who send half a request, or read none of the answer, keep nobody else out. A real uvicorn, over real sockets."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from core.http.callers import Bounds, Callers

ROOT = Path(__file__).resolve().parents[3]
HALF = b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: "
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HALF_BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab"
UPGRADE = (
    b"GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
LONG = 20_000_000  # bytes: more than what the system keeps for a caller that does not read


async def page(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())} bytes")


async def slow(request: Request) -> Response:
    await asyncio.sleep(1.0)
    return PlainTextResponse("at last")


async def long(request: Request) -> Response:
    return StreamingResponse(iter([b"a" * 100_000] * (LONG // 100_000)))


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await asyncio.sleep(1.0)
    await websocket.send_text("still here")


@contextmanager
def serving(bounds: Bounds) -> Iterator[int]:
    callers = Callers(bounds)

    @asynccontextmanager
    async def nothing(app: object):
        yield

    app = Starlette(
        routes=[
            Route("/", page, methods=["GET", "POST"]),
            Route("/slow", slow),
            Route("/long", long),
            WebSocketRoute("/socket", talk),
        ],
        middleware=[Middleware(callers.middleware)],
        lifespan=callers.within(nothing),
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            thread.join(30)


def connect(port: int, data: bytes = b"") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=20)
    made.sendall(data)
    return made


def answer(port: int, data: bytes = WHOLE) -> bytes:
    with connect(port, data) as made:
        return made.recv(1000)


def is_over(connection: socket.socket) -> bool:
    """Waits for it, or for something to read."""
    try:
        return connection.recv(1_000_000) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("part", [b"", HALF, HALF_BODY, WHOLE + HALF])
def test_of_many_half_requests_the_first_are_let_go_and_whole_ones_answered(part: bytes):
    with serving(Bounds(seconds=600, waiting=20, most=100)) as port:
        halves = []
        for _ in range(60):
            halves.append(connect(port, part))
            assert answer(port).startswith(b"HTTP/1.1 200")
        if part.startswith(WHOLE):
            assert halves[0].recv(1000).startswith(b"HTTP/1.1 200")
        assert is_over(halves[0])
        for each in halves:
            each.close()


@pytest.mark.parametrize("part", [b"", HALF, HALF_BODY])
def test_a_caller_that_goes_silent_is_let_go(part: bytes):
    with serving(Bounds(seconds=0.2)) as port, connect(port, part) as silent:
        assert is_over(silent)


def test_one_that_sends_little_by_little_is_not():
    with serving(Bounds(seconds=1.0)) as port, connect(port, HALF_BODY) as made:
        for _ in range(7):
            time.sleep(0.2)
            made.sendall(b"a" * 14)
        assert b"200 OK" in made.recv(1000)


def test_nobody_is_let_go_while_the_server_works():
    with serving(Bounds(seconds=0.2)) as port:
        assert b"200 OK" in answer(port, WHOLE.replace(b"/", b"/slow", 1))
        with connect(port, UPGRADE) as made:
            assert b" 101 " in made.recv(1000)
            assert b"still here" in made.recv(1000)


def test_who_reads_an_answer_slowly_gets_it_and_who_does_not_is_let_go():
    with serving(Bounds(seconds=0.5)) as port:
        with connect(port, WHOLE.replace(b"/", b"/long", 1)) as slow_one:
            got = 0
            while got < LONG:
                part = slow_one.recv(1_000_000)
                assert part, "cut off"
                got += len(part)
                time.sleep(0.02)
        with connect(port, WHOLE.replace(b"/", b"/long", 1)) as silent:
            time.sleep(1.2)
            got = 0
            while not is_over(silent):
                got += 1_000_000
            assert got < LONG


def test_connections_above_the_most_are_refused_and_taken_again_when_others_end():
    with serving(Bounds(seconds=600, waiting=600, most=5)) as port:
        held = [connect(port, HALF) for _ in range(5)]
        assert is_over(connect(port, HALF))
        held.pop().close()
        while not (got := _tried(port)):
            pass
        assert got.startswith(b"HTTP/1.1 200")
        for each in held:
            each.close()


def _tried(port: int) -> bytes:
    try:
        return answer(port)
    except ConnectionError:
        return b""


def test_as_many_files_may_be_open_as_the_system_allows():
    """In a process of its own, whose shell begins with few."""
    code = (
        "import resource; from core.http.callers import allow_open_files; allow_open_files(700); "
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    for hard, allowed in ((900, 700), (500, 500)):
        shell = f'ulimit -Sn 300 && ulimit -Hn {hard} && exec "$0" -c "$1"'
        done = subprocess.run(
            ["sh", "-c", shell, sys.executable, code], capture_output=True, text=True, check=True, cwd=ROOT
        )
        assert done.stdout.split() == [str(allowed), str(hard)]


def test_what_nobody_asked_for_is_thrown_away_up_to_a_bound():
    """A body that is refused comes whole, so that the caller reads the reply."""
    early = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"  # 405, none of it is read
    with serving(Bounds(seconds=0.2, unasked=5_000_000)) as port, connect(port, early) as made:
        assert b"405" in made.recv(1000)
        sent = 0
        with pytest.raises(ConnectionError):
            while sent < 1_000_000_000:
                made.sendall(b"a" * 100_000)
                sent += 100_000
                time.sleep(0.001)
        assert sent > 5_000_000
