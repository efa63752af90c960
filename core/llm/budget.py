"""Caps on calls, tokens and money: reserved before a call, settled after it, never passed at any
concurrency."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import CapReached
from core.types import Usage


@dataclass(frozen=True, slots=True)
class Caps:
    """None is no cap. `calls` by role; `usd` and `tokens` (input and output) over all roles together."""

    calls: Mapping[str, int | None] = field(default_factory=dict)
    usd: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """What is set aside for one call under way: the most that it can use."""

    role: str
    tokens: int
    usd: float


class Budget:
    """The money, tokens and calls of one run, over all its models.

    A hold that does not fit beside the calls under way waits until they are settled at what they truly used,
    in the order of asking; it is refused only when it would not fit after that. So where a run stops does not
    depend on the order in which replies come back. Any thread may read; reserving and settling happen on one
    event loop."""

    def __init__(self, caps: Caps):
        self.caps = caps
        self._lock = threading.Lock()
        self._calls: dict[str, int] = {}
        self._used = Hold("", 0, 0.0)
        self._held = Hold("", 0, 0.0)
        self._open = 0
        self._queue: deque[tuple[Hold, asyncio.Future[None]]] = deque()

    def remaining_calls(self, role: str) -> int | None:
        """Calls that may still be started; None without a cap."""
        cap = self.caps.calls.get(role)
        return None if cap is None else max(0, cap - self._calls.get(role, 0))

    def already(self, role: str, usage: Usage, usd: float | None, calls: int = 1) -> None:
        """Calls that this run made before it was interrupted."""
        with self._lock:
            self._calls[role] = self._calls.get(role, 0) + calls
            self._used = _plus(self._used, usage.input + usage.output, usd or 0.0)

    def reserve_now(self, role: str, tokens: int, usd: float) -> Hold | None:
        """As `reserve`, for who can ask again: None where the call may fit when others are settled."""
        hold = Hold(role, tokens, usd)
        with self._lock:
            return hold if self._admit(hold) else None

    async def reserve(self, role: str, tokens: int, usd: float) -> Hold:
        """Sets aside a call with at most `tokens` and `usd`. Raises CapReached, which names the cap."""
        hold = Hold(role, tokens, usd)
        with self._lock:
            if not self._queue and self._admit(hold):
                return hold
            turn = asyncio.get_running_loop().create_future()
            self._queue.append((hold, turn))
        try:
            await turn
        except asyncio.CancelledError:
            self._withdraw(hold, turn)
            raise
        return hold

    def settle(self, hold: Hold, tokens: int, usd: float) -> None:
        """Puts what was used in the place of what was held. The call itself stays counted."""
        with self._lock:
            self._used = _plus(self._used, tokens, usd)
            self._release(hold)

    def give_back(self, hold: Hold) -> None:
        """The call never left: nothing of it counts."""
        with self._lock:
            self._calls[hold.role] -= 1
            self._release(hold)

    def _withdraw(self, hold: Hold, turn: asyncio.Future[None]) -> None:
        """The asker is gone: out of the queue, or its hold back if it was just given."""
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            self.give_back(hold)
            return
        with self._lock:
            self._queue = deque(entry for entry in self._queue if entry[1] is not turn)
            self._call_next()

    def _release(self, hold: Hold) -> None:
        self._open -= 1
        self._held = (
            _plus(self._held, -hold.tokens, -hold.usd) if self._open else Hold("", 0, 0.0)
        )  # no dust of floats
        self._call_next()

    def _call_next(self) -> None:
        while self._queue:
            hold, turn = self._queue[0]
            try:
                if not turn.done() and not self._admit(hold):
                    return
            except CapReached as refusal:
                turn.set_exception(refusal)
            else:
                if not turn.done():
                    turn.set_result(None)
            self._queue.popleft()

    def _admit(self, hold: Hold) -> bool:
        """True: it fits, and is held. False: it may fit when calls under way are settled."""
        calls = self._calls.get(hold.role, 0)
        cap = self.caps.calls.get(hold.role)
        if cap is not None and calls >= cap:
            if self._open:
                return False  # one of them may not reach the provider
            raise CapReached(f"The cap of {cap} {hold.role} calls is reached: raise it to go on.")
        for kind, most, used, held, more in (
            ("tokens", self.caps.tokens, self._used.tokens, self._held.tokens, hold.tokens),
            ("usd", self.caps.usd, self._used.usd, self._held.usd, hold.usd),
        ):
            if most is None or used + held + more <= most:
                continue
            if self._open:
                return False
            raise CapReached(_over(kind, most, used, more))
        self._calls[hold.role] = calls + 1
        self._held = _plus(self._held, hold.tokens, hold.usd)
        self._open += 1
        return True


def _plus(hold: Hold, tokens: int, usd: float) -> Hold:
    return Hold("", hold.tokens + tokens, hold.usd + usd)


def _over(kind: str, cap: float, used: float, more: float) -> str:
    if kind == "usd":
        return f"The next call could pass the cap of ${cap:g} (spent: ${used:.4f}, this call: up to ${more:.4f}): raise the cap to go on."
    return f"The next call could pass the cap of {cap:g} tokens (used: {used:g}, this call: up to {more:g}): raise the cap to go on."
