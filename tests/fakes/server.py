"""A local model provider for tests: both wire formats, scripted failures, latency, a quota, counters, and
every request kept.

In a thread (tests):        with FakeServer(latency=0.05) as server: ... server.openai_url ... server.script.append(acts.CUT) ...
In a process (benchmarks):  with process.separate_server(latency=0.05) as url: ...     or     python -m
tests.fakes.process --latency 0.05 A separate process is steered by POST /_control {"latency": …, "quota": …,
"always": {"kind": …}} and read by GET /_counts and GET /_seen.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace

from aiohttp import web

from tests.fakes import acts, wire
from tests.fakes.acts import Act
from tests.fakes.answers import label_or_edit
from tests.fakes.batches import FakeBatches


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived, and the status that it got (0: no reply). `at` is the server's clock in
    seconds."""

    path: str
    headers: dict[str, str]
    body: dict
    status: int
    at: float
    query: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeServer:
    """`key`: the only one accepted (None: any). `quota`: requests per second, 429 beyond. `failures`: (share,
    acts) drawn by `seed`. `check(path, body)` returns a complaint, answered as a 400, or None. `script`: acts
    for the next requests, in order; `always`: the act for all others. `uncounted`: it does not say what tokens
    were used."""

    latency: float = 0.0
    key: str | None = None
    quota: int | None = None
    quota_headers: dict[str, str] = field(default_factory=dict)
    failures: tuple[float, Sequence[Act]] = (0.0, ())
    seed: int = 0
    check: Callable[[str, dict], str | None] | None = None
    answer: Callable[[list[tuple[str, str]]], wire.Said] = label_or_edit
    keep: bool = True
    uncounted: bool = False
    script: deque[Act] = field(default_factory=deque)
    always: Act = acts.REPLY
    seen: list[Seen] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    url: str = ""
    port: int = 0

    def __post_init__(self) -> None:
        self.batches = FakeBatches(self.answer)

    @property
    def openai_url(self) -> str:
        return self.url + "/v1"

    @property
    def anthropic_url(self) -> str:
        return self.url

    @property
    def bodies(self) -> list[dict]:
        return [one.body for one in self.seen]

    # ---- life

    def __enter__(self) -> FakeServer:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True, name="fake-server")
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the fake server did not start")
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self.start())
        ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    async def start(self) -> None:
        self._random, self._window, self._at_once = random.Random(self.seed), deque(), 0
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"

    # ---- one request

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path.startswith(("/v1/files", "/v1/batches", "/v1/messages/batches")):
            given = _given_key(request)
            if self.key is not None and given != self.key:
                return web.json_response(
                    wire.error(path, 401, "Incorrect API key provided", None), status=401
                )
            if (answered := await self.batches.handle(request)) is not None:
                return answered
        raw = await request.read()
        if path.startswith("/_"):
            return self._control(path, raw)
        body = json.loads(raw) if raw else {}
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        act = self._choose(request, path, body)
        self._note(request, path, body, act)
        try:
            return await self._perform(request, path, body, act)
        finally:
            self._at_once -= 1

    def _choose(self, request: web.Request, path: str, body: dict) -> Act:
        given = _given_key(request)
        if self.key is not None and given != self.key:
            return acts.status(
                401, "Incorrect API key provided: " + given + ". Check your key.", "invalid_api_key"
            )
        if self._over_quota():
            return Act(
                "status",
                status=429,
                message="Rate limit reached",
                code="rate_limit_exceeded",
                headers=self.quota_headers,
            )
        complaint = self.check(path, body) if self.check else None
        if complaint:
            return acts.status(400, complaint)
        if self.script:
            return self.script.popleft()
        share, kinds = self.failures
        if kinds and self._random.random() < share:
            return self._random.choice(list(kinds))
        return self.always

    def _over_quota(self) -> bool:
        if self.quota is None:
            return False
        now = time.monotonic()
        while self._window and self._window[0] <= now - 1:
            self._window.popleft()
        if len(self._window) >= self.quota:
            return True
        self._window.append(now)
        return False

    def _note(self, request: web.Request, path: str, body: dict, act: Act) -> None:
        number = act.status if act.kind not in ("reset", "hang") else 0
        self.counts["requests"] += 1
        self.counts["answered" if act.kind == "reply" else act.kind] += 1
        self.counts[str(number)] += 1
        if self.keep:
            self.seen.append(
                Seen(
                    path,
                    {name.lower(): value for name, value in request.headers.items()},
                    body,
                    number,
                    time.monotonic(),
                    dict(request.query),
                )
            )

    async def _perform(self, request: web.Request, path: str, body: dict, act: Act) -> web.StreamResponse:
        if self.latency or act.seconds:
            await asyncio.sleep(self.latency + act.seconds)
        if act.kind == "reset":
            return break_off(request)
        if act.kind == "hang":
            await asyncio.sleep(3600)
        if act.kind == "status":
            content = json.dumps(wire.error(path, act.status, act.message, act.code)).encode()
            return web.Response(
                body=content, status=act.status, headers=dict(act.headers), content_type="application/json"
            )
        content = (
            b"<html>bad gateway</html>"
            if act.kind == "invalid"
            else json.dumps(self._body(request, path, body, act)).encode()
        )
        if act.kind == "cut":
            return await cut(request, content)
        content = content[: len(content) // 2] if act.kind == "half" else content
        return web.Response(body=content, headers=dict(act.headers), content_type="application/json")

    def _body(self, request: web.Request, path: str, body: dict, act: Act) -> dict:
        model = body.get("model", "")
        if path.endswith("/models"):
            return wire.models("anthropic-version" in request.headers)
        if path.endswith("/embeddings"):
            given = body.get("input", "")
            return wire.embeddings(model, [given] if isinstance(given, str) else given)
        said = (
            self.answer(wire.messages_of(path, body)) if act.text is None else wire.Said(act.text, act.finish)
        )
        if act.kind == "empty":
            said = wire.Said("")
        form = (
            wire.message
            if path.endswith("/messages")
            else wire.response
            if path.endswith("/responses")
            else wire.chat
        )
        if not body.get("logprobs"):
            said = replace(said, logprobs=())
        made = form(model, said)
        if act.kind == "no_choices":
            made |= {"choices": [], "output": [], "content": []}
        if self.uncounted:
            del made["usage"]
        return made

    # ---- from another process

    def _control(self, path: str, raw: bytes) -> web.Response:
        if path == "/_control":
            given = json.loads(raw)
            for name in ("latency", "quota", "key", "quota_headers"):
                if name in given:
                    setattr(self, name, given[name])
            if "always" in given:
                self.always = Act(**given["always"])
            if "failures" in given:
                self.failures = (
                    given["failures"]["share"],
                    [Act(**act) for act in given["failures"]["acts"]],
                )
            self.script.extend(Act(**act) for act in given.get("script", ()))
            return web.json_response({})
        if path == "/_counts":
            return web.json_response({**self.counts, "most_at_once": self.most_at_once})
        return web.json_response([asdict(one) for one in self.seen])


def _given_key(request: web.Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ") or request.headers.get(
        "x-api-key", ""
    )


def break_off(request: web.Request) -> web.Response:
    """Close with a reset, as a crashed server does."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def cut(request: web.Request, content: bytes) -> web.StreamResponse:
    """Promise the whole body, send half of it, close."""
    made = web.StreamResponse(
        headers={"content-length": str(len(content)), "content-type": "application/json"}
    )
    await made.prepare(request)
    await made.write(content[: len(content) // 2])
    await asyncio.sleep(0.002)
    if request.transport is not None:
        request.transport.abort()
    return made
