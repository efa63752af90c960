"""Models that do as they are told, and a clock that jumps: an hour of waiting takes no time."""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from core.types import Message, Reply, Request, Usage

Result = TypeVar("Result")
Said = Reply | BaseException | str


class Scripted:
    """Answers from a queue of replies, texts and errors; when that is empty, with `always` (or what it makes
    of the request)."""

    def __init__(
        self,
        script: Iterable[Said] = (),
        *,
        always: Said | Callable[[Request], Said] = "<label>bug</label>",
        latency: float = 0.0,
        name: str = "test:model",
    ):
        self.name = name
        self.script = deque(script)
        self.always = always
        self.latency = latency
        self.seen: list[Request] = []
        self.starts: list[float] = []
        self.flying = 0
        self.most_at_once = 0
        self.cancelled = 0

    def exact(self, request: Request) -> dict[str, object]:
        return {
            "provider": "test",
            "model": self.name,
            "max_tokens": request.max_tokens,
            "choices": list(request.choices),
            "messages": [{"role": one.role, "content": one.content} for one in request.messages],
        }

    async def reply(self, request: Request) -> Reply:
        self.seen.append(request)
        self.starts.append(asyncio.get_running_loop().time())
        said = self.script.popleft() if self.script else self.always
        self.flying += 1
        self.most_at_once = max(self.most_at_once, self.flying)
        try:
            await asyncio.sleep(self.latency)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.flying -= 1
        if callable(said):
            said = said(request)
        if isinstance(said, BaseException):
            raise said
        return Reply(said, usage=Usage(100, 20)) if isinstance(said, str) else said


class Flat:
    """A price list: dollars per token in and out; None is unknown."""

    def __init__(self, input: float | None = 0.0, output: float | None = 0.0):
        self.input, self.output = input, output

    def cost(self, name: str, usage: Usage) -> float | None:
        return self.ceiling(name, usage.input, usage.output)

    def ceiling(self, name: str, input_tokens: int, max_output_tokens: int) -> float | None:
        if self.input is None or self.output is None:
            return None
        return input_tokens * self.input + max_output_tokens * self.output


def ask(text: str = "It crashes.", **more: Any) -> Request:
    return Request((Message("system", "Which label?"), Message("user", text)), **more)


class _Jump(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None):
        events = super().select(0)
        if not events and timeout is None:
            raise AssertionError("everybody waits for ever")
        if not events and timeout > 0:
            self.now += timeout
        return events


def in_no_time(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs to the end on a loop whose clock jumps to the next timer. A deadlock is an AssertionError."""
    selector = _Jump()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(_cancel(asyncio.all_tasks(loop)))
        loop.close()


async def _cancel(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def now() -> float:
    return asyncio.get_running_loop().time()
