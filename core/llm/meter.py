"""What was called and what it cost, by role."""

from __future__ import annotations

import threading

from core.errors import CallFailed, ModelRefused
from core.llm.base import Model
from core.llm.layer import Layer
from core.types import Reply, Request, Spend, Usage


class Meter:
    """The tally of one run; any thread may read or add. A cost is None from the first call whose price is
    unknown."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spends: dict[str, Spend] = {}

    def spend(self, role: str) -> Spend:
        with self._lock:
            return self._spends.get(role, Spend())

    def spends(self) -> dict[str, Spend]:
        with self._lock:
            return dict(self._spends)

    def called(self, role: str, usage: Usage, cost_usd: float | None) -> None:
        """A call that reached the provider, with what is known of its tokens and money."""
        self._add(role, Spend(1, 0, 0, usage.input, usage.output, cost_usd))

    def cached(self, role: str) -> None:
        """A reply that cost nothing."""
        self._add(role, Spend(cached=1))

    def failed(self, role: str) -> None:
        """A request that brought no reply, after all its tries."""
        self._add(role, Spend(failed=1))

    def _add(self, role: str, more: Spend) -> None:
        with self._lock:
            spend = self._spends.get(role, Spend())
            unknown = spend.cost_usd is None or more.cost_usd is None
            self._spends[role] = Spend(
                spend.api + more.api,
                spend.cached + more.cached,
                spend.failed + more.failed,
                spend.input_tokens + more.input_tokens,
                spend.output_tokens + more.output_tokens,
                None if unknown else spend.cost_usd + more.cost_usd,
            )


class Metered(Layer):
    """Counts every reply: as a call with its cost, or as cached and free; and every request that brought
    none.

    Tries that reached the provider in vain are counted where they are lost, in `Budgeted`. A reply of the
    cache that this very run paid for comes out of `Cached` as it came from the provider (not cached), once: a
    resumed run replays its own calls and sees the same numbers."""

    def __init__(self, model: Model, meter: Meter, role: str):
        super().__init__(model)
        self.meter = meter
        self.role = role

    async def reply(self, request: Request) -> Reply:
        try:
            reply = await self.model.reply(request)
        except (CallFailed, ModelRefused):
            self.meter.failed(self.role)
            raise
        if reply.cached:
            self.meter.cached(self.role)
        else:
            self.meter.called(self.role, reply.usage, reply.cost_usd)
        return reply
