"""The permits of all workers of a cluster: one account of calls and money with its caps, one flow of requests and tokens a
minute, one pause when the provider says "too many". It lives in one process; workers ask it over the wire."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import CapReached
from core.llm.budget import Budget, Caps, Hold
from core.llm.catalogue.limits import CallLimits
from core.llm.layers.rate_limiter import Pacer
from core.types import Spend

ROLE = "lightweight"
ELSEWHERE = "This block is done by another worker."


@dataclass(frozen=True, slots=True)
class Settled:
    """A call that has ended: what was held for it (`tokens`, `usd`), and what it used; None: it was never made."""

    tokens: int
    usd: float
    used: tuple[int, float] | None


@dataclass(frozen=True, slots=True)
class Demand:
    """What a worker asks together. `attempt`: at which block. `calls`: the most that each wants to use, tokens and dollars.
    `turns`: about how many tokens each has, of calls that want to leave. `excess`: tokens used beyond those. `pause`: seconds
    that the provider asks everybody to wait. `done`: rows of the block that have come back."""

    attempt: str
    calls: tuple[tuple[int, float], ...] = ()
    settled: tuple[Settled, ...] = ()
    turns: tuple[int, ...] = ()
    excess: int = 0
    pause: float = 0.0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Permission:
    """The first `granted` calls may be made; `refusal`: the next one may not, nor any after it. `turns`: seconds to wait for
    each. `closed`: seconds that nobody sends anything. `stop`: why no more is to be sent at all."""

    granted: int = 0
    refusal: str = ""
    turns: tuple[float, ...] = ()
    closed: float = 0.0
    stop: str = ""


@dataclass(frozen=True, slots=True)
class ClusterState:
    """`running`: blocks under way; `rows`: of these, that have come back; `repeated`: calls of killed workers, which may be
    made again, and `killed` how many blocks were left half done; `stopped`: why no more is sent, `refused`: since the model
    refuses every call."""

    spend: Spend
    running: int
    rows: int
    repeated: int
    killed: int
    stopped: str
    refused: bool


@dataclass(slots=True)
class _Attempt:
    """A try at a block: calls of it that are under way, and what the others used."""

    block: int
    open: list[Hold] = field(default_factory=list)
    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    done: int = 0


class Permits:
    """Not for several threads. What a worker that was killed held counts as used, when its block is begun again."""

    def __init__(self, caps: Caps, limits: CallLimits, clock: Callable[[], float] = time.monotonic):
        self._budget = Budget(caps)
        self._requests, self._tokens = Pacer(limits.requests_per_minute), Pacer(limits.tokens_per_minute)
        self._clock = clock
        self._attempts: dict[str, _Attempt] = {}
        self._spend = Spend()
        self._closed_until = float("-inf")
        self._stop, self._refused = "", False
        self._repeated = self._killed = 0

    def begin(self, block: int, attempt: str) -> str:
        """A worker begins with a block; returns why it is not to."""
        for name in [name for name, each in self._attempts.items() if each.block == block]:
            died = self._attempts.pop(name)
            self._killed, self._repeated = self._killed + 1, self._repeated + died.calls
            self._write_off(died)
        if not self._stop:
            self._attempts[attempt] = _Attempt(block)
        return self._stop

    def end(self, attempt: str, spend: Spend) -> None:
        """The block's answers are kept; `spend` is all that it took."""
        if self._attempts.pop(attempt, None) is not None:
            self._spend += spend

    def exchange(self, demand: Demand) -> Permission:
        now, attempt = self._clock(), self._attempts.get(demand.attempt)
        if attempt is None:
            return Permission(stop=self._stop or ELSEWHERE)
        attempt.done = demand.done
        for each in demand.settled:
            self._settle(attempt, each)
        self._tokens.correct(demand.excess)
        if demand.pause:
            self._closed_until = max(self._closed_until, now + demand.pause)
        closed = max(0.0, self._closed_until - now)
        if self._stop:
            return Permission(stop=self._stop)
        granted, refusal = self._grant(attempt, demand.calls)
        at = [max(self._requests.book(1, now), self._tokens.book(tokens, now)) for tokens in demand.turns]
        return Permission(granted, refusal, tuple(max(0.0, each - now) for each in at), closed)

    def stop(self, why: str, refused: bool = False) -> None:
        if not self._stop:
            self._stop, self._refused = why, refused

    def state(self) -> ClusterState:
        running = self._attempts.values()
        rows = sum(each.done for each in running)
        return ClusterState(
            self._spend, len(running), rows, self._repeated, self._killed, self._stop, self._refused
        )

    def close(self) -> Spend:
        """What all took; what is still under way counts as lost."""
        while self._attempts:
            self._write_off(self._attempts.popitem()[1])
        return self._spend

    def _grant(self, attempt: _Attempt, calls: tuple[tuple[int, float], ...]) -> tuple[int, str]:
        for number, (tokens, usd) in enumerate(calls):
            try:
                hold = self._budget.reserve_now(ROLE, tokens, usd)
            except CapReached as refusal:
                return number, str(refusal)
            if hold is None:
                return number, ""
            attempt.open.append(hold)
            attempt.calls += 1
        return len(calls), ""

    def _settle(self, attempt: _Attempt, ended: Settled) -> None:
        hold = Hold(ROLE, ended.tokens, ended.usd)
        if hold not in attempt.open:
            return
        attempt.open.remove(hold)
        if ended.used is None:
            attempt.calls -= 1
            self._budget.give_back(hold)
            return
        tokens, usd = ended.used
        attempt.tokens, attempt.usd = attempt.tokens + tokens, attempt.usd + usd
        self._budget.settle(hold, tokens, usd)

    def _write_off(self, attempt: _Attempt) -> None:
        """Of calls under way nobody knows whether they were paid: they count with the most that they can have used."""
        for hold in attempt.open:
            self._budget.settle(hold, hold.tokens, hold.usd)
        self._spend += Spend(
            attempt.calls, input_tokens=attempt.tokens, cost_usd=attempt.usd, uncertain=len(attempt.open)
        )
