"""The way to a model: calls in flight, requests and tokens per minute, and one wait for all when it says "too
many"."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from core.errors import ModelRefused
from core.llm.catalogue.limits import CallLimits

FIRST_PAUSE = 0.05  # seconds, where the provider does not say how long
LONGEST_PAUSE = 10.0
PAUSE_GROWTH = 1.15  # so a quota's window is not missed by much
CUT = 0.7  # what stays of the calls in flight after "too many"
MEMORY = 16  # about so many of the latest answers tell whether the door is closed
CLOSED = 0.75  # share of refusals among them from which it is
LONE_PAUSE = 0.3  # seconds that a refused call waits by itself where the provider does not say how long
CAUTION = 3  # so many times as long as a call had no answer, no more are let into flight
PROBE_SECONDS = 15.0  # a lone call that takes longer keeps nobody waiting
PATIENT_PAUSES = (
    3  # pauses in a row, each shorter than the provider asked for, before the run is told to come back later
)
FEWEST_FAILURES = 20
SLOWED = 0.1  # share of refusals among what came back from which calls count as slowed
SLOWED_SECONDS = 10.0  # the time that its figures are about


class Pacer:
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


@dataclass(frozen=True, slots=True)
class Slowdown:
    """What a provider's rate limit lets through, in answers per second, and the seconds until the way is open
    again, 0 where it is."""

    per_second: float
    wait: float


class RateLimiter:
    """The way to one model, shared by all runs. Lives on one event loop.

    It starts narrow, one call at a time, until a call has come back: a wrong key costs one call, not fifty.
    A call that is told "too many requests" while others are answered waits by itself. When refusals are what
    comes back, the way is closed for all, once, until the time that the provider names. Where it names none, what
    may be in flight is cut; there, and where the time was not enough, the pauses are short and grow, and one
    call after each finds out. A full round of successes lets one more call into flight, up to the user's
    limit."""

    def __init__(self, limits: CallLimits):
        self.limits = limits
        self.allowed = limits.concurrency
        self.flying = 0
        self.narrow = True
        self.not_before = float("-inf")
        self.requests = Pacer(limits.requests_per_minute)
        self.tokens = Pacer(limits.tokens_per_minute)
        self._queue: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._entered = 0.0  # when the last call was let in
        self._paused = float("-inf")  # when the last pause was declared
        self._pauses = 0  # since the last success
        self._short_pauses = 0  # of these, shorter than asked for
        self._peak = 0  # most in flight since the last pause
        self._streak = 0
        self._refusals = 1.0  # their share among the latest answers; until the first answer, all there is
        self._latest = {answered: deque[float](maxlen=2_000) for answered in (True, False)}  # when they came
        self._grow_at = float("-inf")
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
            at = await self.turn(tokens, now)
            while (wait := max(at, self.not_before) - now) > 0:
                await asyncio.sleep(wait)
                now = loop.time()
        except asyncio.CancelledError:
            self.leave(loop)
            raise
        return now

    async def turn(self, tokens: int, now: float) -> float:
        """When a call with so many tokens may leave, by what is allowed a minute (loop time)."""
        return max(self.requests.book(1, now), self.tokens.book(tokens, now))

    def leave(self, loop: asyncio.AbstractEventLoop) -> None:
        self.flying -= 1
        if self._queue:
            self._wake(loop)

    def refused(self, refusal: ModelRefused) -> None:
        """What refuses one call refuses those that wait: they are not sent."""
        while self._queue:
            if not (turn := self._queue.popleft()).done():
                turn.set_exception(ModelRefused(str(refusal)))

    def succeeded(self, now: float) -> None:
        self._refusals = 0.0 if self.narrow else self._refusals * (1 - 1 / MEMORY)
        self._latest[True].append(now)
        self.narrow = False
        self._pauses = self._short_pauses = self._failures = 0
        self._failing_since = None
        self._streak += 1
        if self._streak >= self.allowed < self.limits.concurrency and now >= self._grow_at:
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

    def too_many(self, started: float, now: float, retry_after: float | None) -> float:
        """The seconds that this call is to wait by itself; 0 where the way is closed, and it waits with all."""
        self._refusals += (1 - self._refusals) / MEMORY
        self._latest[False].append(now)
        too_long, answers = (retry_after or 0.0) > self.limits.longest_wait, self._latest[True]
        answered_since = bool(answers) and answers[-1] >= started
        if self._refusals < CLOSED and (answered_since or not too_long):
            return min(LONE_PAUSE if retry_after is None else retry_after, self.limits.longest_wait)
        self._close(started, now, retry_after)
        return 0.0

    def too_slow(self, started: float, now: float) -> None:
        """A call has had no answer in its time: perhaps it waits in a queue of the server's own, as local ones
        keep it. So no more may be in flight than have been answered in that time, less a little; where none
        has been, half of them. Once for each crowd."""
        if started > self._paused:
            answers = sum(at > started for at in self._latest[True])
            self.allowed = max(1, int(CUT * min(self._peak, answers)) if answers else self._peak // 2)
            self._streak, self._peak, self._paused = 0, 0, now
            self._grow_at = now + CAUTION * (now - started)

    @property
    def hopeless(self) -> bool:
        """Whether the provider keeps asking for longer than the user allows."""
        return self._short_pauses >= PATIENT_PAUSES

    def slowdown(self, now: float) -> Slowdown | None:
        """None where calls go as fast as they are asked for. From any thread; `now` as the loop's clock."""
        since, wait = now - SLOWED_SECONDS, max(0.0, self.not_before - now)
        answers, refusals = (
            [at for at in list(self._latest[which]) if at > since] for which in (True, False)
        )
        if not wait and len(refusals) <= SLOWED * (len(answers) + len(refusals)):
            return None
        return Slowdown(len(answers) / max(1.0, now - answers[0]) if answers else 0.0, wait)

    def _close(self, started: float, now: float, retry_after: float | None) -> None:
        fresh = started > self._paused  # not one of a crowd that left before the last pause
        if fresh:
            self._pauses += 1
            self._short_pauses += (retry_after or 0.0) > self.limits.longest_wait
            # who says how long to wait is believed; and a second pause says that the first was too short
            if retry_after is None and self._pauses == 1 and not self.narrow:
                self.allowed = max(1, int(min(self.allowed, self._peak) * CUT))
            self.narrow = self.narrow or retry_after is None or self._pauses > 1
            self._streak, self._peak, self._paused = 0, 0, now
        if fresh or retry_after is not None:
            growing = min(FIRST_PAUSE * PAUSE_GROWTH ** (self._pauses - 1), LONGEST_PAUSE)
            wait = min(growing if retry_after is None else retry_after, self.limits.longest_wait)
            self.not_before = max(self.not_before, (started + now) / 2 + wait)  # it was said about halfway
            self._grow_at = max(self._grow_at, self.not_before)

    def _is_free(self, now: float) -> bool:
        if now < self.not_before:
            return False
        return self.flying < (1 if self.narrow else self.allowed)

    def _let_in(self, now: float) -> None:
        self.flying += 1
        self._peak = max(self._peak, self.flying)
        self._entered = now

    async def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        turn = loop.create_future()
        self._queue.append(turn)
        self._wake(loop)
        try:
            if turn.done():
                await asyncio.sleep(0)  # behind those that were let in before it and have yet to wake up
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave(loop)  # a place was just given
            raise

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        if self.narrow and self.flying and now >= self._entered + PROBE_SECONDS:
            self.narrow = False
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
        at = (
            self.not_before
            if now < self.not_before
            else self._entered + PROBE_SECONDS
            if self.narrow
            else None
        )
        if self._queue and at is not None:
            self._timer = loop.call_at(at, self._wake, loop)
