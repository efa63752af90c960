"""How fast a provider is called: calls in flight, requests and tokens per minute, and one wait for all when it says "too many"."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from core.errors import CallFailed, ModelRefused
from core.models.base import Model
from core.models.layer import Layer, most_input_tokens
from core.types import Reply, Request

FIRST_PAUSE = 0.1  # seconds, where the provider does not say how long
LONGEST_PAUSE = 10.0
PAUSE_GROWTH = 1.25  # a quota's window is missed by no more than a quarter of it
PROBE_SECONDS = 5.0  # a lone call that takes longer keeps nobody waiting
PATIENT_PAUSES = 3  # pauses in a row, each shorter than the provider asked for, before the run is told to come back later
FEWEST_FAILURES = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What the user allows for one model. Seconds; None is no limit. `timeout` ends one try, `deadline` ends the tries of a call
    (and the run, where nothing at all came back for so long); no sleep is longer than `longest_wait`."""

    concurrency: int = 256
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    longest_wait: float = 60.0
    timeout: float = 60.0
    deadline: float = 300.0
    tries: int = 10


class Pace:
    """An even flow of `per_minute` units, with no burst beyond a tenth of a second's worth."""

    def __init__(self, per_minute: float | None):
        self.interval = 60.0 / per_minute if per_minute else 0.0
        self._free_at = float("-inf")

    def book(self, units: float, now: float) -> float:
        """When these units may go (loop time)."""
        at = max(now - 0.1, self._free_at)
        self._free_at = at + units * self.interval
        return at

    def correct(self, units: float) -> None:
        """So many more (or fewer) units were used than booked."""
        self._free_at += units * self.interval


class Lane:
    """The way to one model, shared by all runs. Lives on one event loop.

    It starts narrow, one call at a time, until a call has come back: a wrong key costs one call, not fifty. "Too many
    requests" closes it for all until the time the provider names (or a short, growing pause), halves what may be in flight,
    and makes it narrow again, so that one call finds out whether the wait was long enough. Each full round of successes
    lets one more call into flight, up to the user's limit."""

    def __init__(self, limits: Limits):
        self.limits = limits
        self.allowed = limits.concurrency
        self.flying = 0
        self.narrow = True
        self.not_before = float("-inf")
        self.requests = Pace(limits.requests_per_minute)
        self.tokens = Pace(limits.tokens_per_minute)
        self._queue: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._entered = 0.0  # when the last call was let in
        self._paused = float("-inf")  # when the last pause was declared
        self._pauses = 0  # since the last success
        self._short_pauses = 0  # of these, shorter than asked for
        self._streak = 0
        self._failures = 0  # since the last success
        self._failing_since: float | None = None

    async def enter(self, tokens: int) -> float:
        """Waits for a place and the right time; returns when the call may leave (loop time)."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._queue or not self._is_free(now):
            await self._wait(loop)
            now = loop.time()
        else:
            self._let_in(now)
        try:
            at = max(self.requests.book(1, now), self.tokens.book(tokens, now))
            while (wait := max(at, self.not_before) - now) > 0:
                await asyncio.sleep(wait)
                now = loop.time()
        except asyncio.CancelledError:
            self.leave(loop)
            raise
        return now

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        self.flying -= 1
        if self._queue:
            self._wake(loop)

    def succeeded(self) -> None:
        self.narrow = False
        self._pauses = self._short_pauses = self._failures = 0
        self._failing_since = None
        self._streak += 1
        if self._streak >= self.allowed and self.allowed < self.limits.concurrency:
            self.allowed += 1
            self._streak = 0

    def failed(self, now: float) -> bool:
        """Counts a failure; True when nothing has come back for the whole deadline."""
        self._failures += 1
        if self._failures >= 3 and now >= self.not_before:
            self.narrow = False  # whatever it is, going one by one does not help
        if self._failing_since is None:
            self._failing_since = now
        return self._failures >= FEWEST_FAILURES and now - self._failing_since > self.limits.deadline

    def too_many(self, started: float, now: float, retry_after: float | None) -> bool:
        """Closes the lane for a while; True when the provider keeps asking for longer than the user allows."""
        fresh = started >= self._paused  # not one of a crowd that left before the last pause
        if fresh:
            self._pauses += 1
            self._short_pauses += retry_after is not None and retry_after > self.limits.longest_wait
            if not self.narrow:
                self.allowed = max(1, min(self.allowed, self.flying) // 2)
            self.narrow, self._streak, self._paused = True, 0, now
        if fresh or retry_after is not None:
            wait = min(FIRST_PAUSE * PAUSE_GROWTH ** (self._pauses - 1), LONGEST_PAUSE) if retry_after is None else retry_after
            self.not_before = max(self.not_before, now + min(wait, self.limits.longest_wait))
        return self._short_pauses >= PATIENT_PAUSES

    def _is_free(self, now: float) -> bool:
        if now < self.not_before:
            return False
        if self.narrow and now < self._entered + PROBE_SECONDS:
            return self.flying < 1
        return self.flying < self.allowed

    def _let_in(self, now: float) -> None:
        self.flying += 1
        self._entered = now

    async def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        turn = loop.create_future()
        self._queue.append(turn)
        self._wake(loop)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(loop)  # a place was just given
            raise

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._queue:
            if self._queue[0].done():
                self._queue.popleft()
            elif self._is_free(now):
                self._let_in(now)
                self._queue.popleft().set_result(None)
            else:
                break
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self.not_before if now < self.not_before else self._entered + PROBE_SECONDS if self.narrow else None
        if self._queue and at is not None:
            self._timer = loop.call_at(at, self._wake, loop)


class Limited(Layer):
    """Enters the lane before the call, and tells it how the call went."""

    def __init__(self, model: Model, lane: Lane):
        super().__init__(model)
        self.lane = lane

    async def reply(self, request: Request) -> Reply:
        lane = self.lane
        tokens = most_input_tokens(request) // 3 if lane.tokens.interval else 0  # about what English takes
        started = await lane.enter(tokens)
        loop = asyncio.get_running_loop()
        try:
            reply = await self.model.reply(request)
        except CallFailed as error:
            self._told(error, started, loop.time())
            raise
        finally:
            lane.leave(loop)
        lane.succeeded()
        if tokens:
            lane.tokens.correct(reply.usage.input + reply.usage.output - tokens)
        return reply

    def _told(self, error: CallFailed, started: float, now: float) -> None:
        longest = self.lane.limits.longest_wait
        if error.rate_limited:
            if self.lane.too_many(started, now, error.retry_after):
                raise ModelRefused(f"{self.name} asks to wait {error.retry_after or longest:.0f} s, longer than the {longest:g} s "
                                   "that you allow: resume the run later, or allow a longer wait.") from error
        elif self.lane.failed(now):
            raise ModelRefused(f"{self.name} has not answered for {self.lane.limits.deadline:g} s ({error}): "
                               "check the connection and resume the run later.") from error
