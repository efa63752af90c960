"""A worker's line to the permits of its cluster, and what of its model's layers goes over it. What comes up while an answer is
awaited is asked together with the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.distributed.permits import Demand, Permission, Settled
from core.errors import CapReached, Stopped
from core.llm.budget import Budget, Caps, Hold
from core.llm.catalogue.limits import CallLimits
from core.llm.layers.rate_limiter import RateLimiter

Send = Callable[[Demand], Awaitable[Permission]]
FIRST_WAIT, LAST_WAIT = 0.02, 0.5  # seconds until a call that waits for the caps is asked for again
_Waiting = deque[tuple[tuple[int, float], "asyncio.Future[None]"]]


class PermitLink:
    """Lives on one event loop. `stop` is why no more may be sent, as far as is known here."""

    def __init__(self, send: Send):
        self._send = send
        self.attempt = ""
        self.stop = ""
        self.done = 0
        self.on_closed: Callable[[float], None] = lambda seconds: None
        self._calls: _Waiting = deque()
        self._turns: deque[tuple[int, asyncio.Future[float]]] = deque()
        self._settled: list[Settled] = []
        self._excess, self._pause = 0, 0.0
        self._talk: asyncio.Task[None] | None = None
        self._speaking = asyncio.Lock()

    def begin(self, attempt: str) -> None:
        """Whatever is asked from now on is for this try at a block."""
        self.attempt, self.stop, self.done = attempt, "", 0

    async def reserve(self, tokens: int, usd: float) -> None:
        """Waits until the call fits under the caps. CapReached, Stopped."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._calls.append(((tokens, usd), answer))
        self._go()
        try:
            await answer
        except asyncio.CancelledError:
            if answer.done() and not answer.cancelled() and answer.exception() is None:
                self.settle(Settled(tokens, usd, None))
            raise

    async def turn(self, tokens: int) -> float:
        """The seconds until a call with so many tokens may leave. Stopped."""
        answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._turns.append((tokens, answer))
        self._go()
        return await answer

    def settle(self, ended: Settled) -> None:
        self._settled.append(ended)
        self._go()

    def correct(self, tokens: float) -> None:
        self._excess += round(tokens)

    def pause(self, seconds: float) -> None:
        self._pause = max(self._pause, seconds)
        self._go()

    async def flush(self) -> None:
        """What is still to be told is told; also a sign of life, which brings news of a stop."""
        while self._talk is not None and not self._talk.done():
            await asyncio.wait([self._talk])
        await self._exchange()

    def _go(self) -> None:
        if self._talk is None or self._talk.done():
            self._talk = asyncio.get_running_loop().create_task(self._talk_on())

    async def _talk_on(self) -> None:
        await asyncio.sleep(0)  # what comes up in this turn of the loop goes along
        wait = FIRST_WAIT
        while self._calls or self._turns or self._settled or self._pause:
            before = len(self._calls)
            await self._exchange()
            if before and len(self._calls) >= before and not self._settled:
                await asyncio.sleep(wait)
                wait = min(1.5 * wait, LAST_WAIT)
            else:
                wait = FIRST_WAIT

    async def _exchange(self) -> None:
        async with self._speaking:
            await self._ask()

    async def _ask(self) -> None:
        calls, turns, settled = list(self._calls), list(self._turns), self._settled
        self._settled = []
        excess, self._excess = self._excess, 0
        pause, self._pause = self._pause, 0.0
        self._turns.clear()
        wanted, tokens = tuple(each for each, _ in calls), tuple(each for each, _ in turns)
        demand = Demand(self.attempt, wanted, tuple(settled), tokens, excess, pause, self.done)
        try:
            answer = await self._send(demand)
        except Exception as error:
            self._end(turns, error)
            return
        if answer.closed:
            self.on_closed(answer.closed)
        if answer.stop:
            self.stop = answer.stop
            self._end(turns, Stopped(answer.stop))
            return
        for (_, waiting), seconds in zip(turns, answer.turns, strict=True):
            if not waiting.done():
                waiting.set_result(seconds)
        for _ in range(answer.granted):
            (held_tokens, held_usd), turn = self._calls.popleft()
            if turn.done():  # whoever asked is gone
                self._settled.append(Settled(held_tokens, held_usd, None))
            else:
                turn.set_result(None)
        if answer.refusal:
            self._end([], CapReached(answer.refusal))

    def _end(self, turns: list[tuple[int, asyncio.Future[float]]], error: Exception) -> None:
        """Nobody gets what they wait for."""
        waiting = [turn for _, turn in turns] + [turn for _, turn in self._turns]
        answers: list[asyncio.Future[None] | asyncio.Future[float]] = [
            *(turn for _, turn in self._calls),
            *waiting,
        ]
        self._calls.clear()
        self._turns.clear()
        for answer in answers:
            if not answer.done():
                answer.set_exception(error)


class ClusterBudget(Budget):
    """The caps of the cluster, kept elsewhere."""

    def __init__(self, caps: Caps, link: PermitLink):
        super().__init__(caps)
        self._link = link

    async def reserve(self, role: str, tokens: int, usd: float) -> Hold:
        await self._link.reserve(tokens, usd)
        return Hold(role, tokens, usd)

    def settle(self, hold: Hold, tokens: int, usd: float) -> None:
        self._link.settle(Settled(hold.tokens, hold.usd, (tokens, usd)))

    def give_back(self, hold: Hold) -> None:
        self._link.settle(Settled(hold.tokens, hold.usd, None))


class _ClusterTokens:
    """Stands for the flow of tokens a minute, which is kept elsewhere."""

    def __init__(self, interval: float, link: PermitLink):
        self.interval = interval
        self.correct = link.correct


class ClusterLimiter(RateLimiter):
    """A worker's way to a model: its share of the calls in flight; requests and tokens a minute are the cluster's, and so is a
    pause, whichever worker was told to make it."""

    def __init__(self, link: PermitLink, workers: int, limits: CallLimits):
        share = max(1, limits.concurrency // workers)
        super().__init__(replace(limits, concurrency=share, requests_per_minute=None, tokens_per_minute=None))
        self._link = link
        self._paced = bool(limits.requests_per_minute or limits.tokens_per_minute)
        per_minute = limits.tokens_per_minute
        self.tokens = _ClusterTokens(60.0 / per_minute if per_minute else 0.0, link)  # type: ignore[assignment]
        link.on_closed = self._close_for

    async def turn(self, tokens: int, now: float) -> float:
        if not self._paced:
            return now
        wait = await self._link.turn(tokens)
        return asyncio.get_running_loop().time() + wait

    def too_many(self, started: float, now: float, retry_after: float | None) -> float:
        wait = super().too_many(started, now, retry_after)
        if self.not_before > now:
            self._link.pause(self.not_before - now)
        return wait

    def _close_for(self, seconds: float) -> None:
        self.not_before = max(self.not_before, asyncio.get_running_loop().time() + seconds)
