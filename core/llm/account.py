"""One run's books: what was called and what it cost by role, what it may spend, and whether more fits."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.llm.base import JUDGE
from core.llm.budget import Budget, Caps
from core.types import Settings, Spend, Usage


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
        self._add(role, Spend(1, 0, 0, usage.input, usage.output, cost_usd, int(usage.estimated)))

    def lost(self, role: str, calls: int = 1) -> None:
        """Calls whose answer was never kept: they may have been paid."""
        self._add(role, Spend(calls, uncertain=calls))

    def cached(self, role: str) -> None:
        """A reply that cost nothing."""
        self._add(role, Spend(cached=1))

    def failed(self, role: str) -> None:
        """A request that brought no reply, after all its tries."""
        self._add(role, Spend(failed=1))

    def _add(self, role: str, more: Spend) -> None:
        with self._lock:
            self._spends[role] = self._spends.get(role, Spend()) + more


@dataclass(frozen=True, slots=True)
class Account:
    """`paid` are the cache keys of calls that the run has accounted for. `alone`: replies that others paid
    for count as if this run had."""

    run_id: str
    budget: Budget = field(default_factory=lambda: Budget(Caps()))
    meter: Meter = field(default_factory=Meter)
    paid: set[str] = field(default_factory=set)
    alone: bool = False

    def spends(self) -> Mapping[str, Spend]:
        return self.meter.spends()

    def lost(self, role: str, calls: int, tokens: int, usd: float) -> None:
        """Calls of this run, sent by a process that died before their answers were kept: they count, with the most
        that they can have used."""
        self.budget.already(role, Usage(tokens), usd, calls)
        self.meter.lost(role, calls)

    def left(self, role: str) -> int | None:
        """Calls of the role that may still be made; None without a cap."""
        return self.budget.remaining_calls(role)

    def affords(self, role: str, calls: int, beside: Mapping[str, int] = MappingProxyType({})) -> bool:
        """Whether so many more calls of the role, and those of other roles `beside` them, fit under every cap together,
        judged by what the calls of each role have cost so far."""
        wanted = {role: calls, **beside}
        for name, number in wanted.items():
            left = self.budget.remaining_calls(name)
            if left is not None and left < number:
                return False
        caps, spends = self.budget.caps, self.meter.spends()
        tokens = float(sum(each.input_tokens + each.output_tokens for each in spends.values()))
        usd = sum(each.cost_usd or 0.0 for each in spends.values())
        for name, number in wanted.items():
            spend = spends.get(name, Spend())
            per_call = number / spend.api if spend.api else 0.0
            tokens += per_call * (spend.input_tokens + spend.output_tokens)
            usd += per_call * (spend.cost_usd or 0.0)
        return (caps.tokens is None or tokens <= caps.tokens) and (caps.usd is None or usd <= caps.usd)


def account_for(settings: Settings, run_id: str = "", alone: bool = False) -> Account:
    """The books of a run with the caps of its settings. The cap on lightweight calls holds for those of a judge, too,
    counted by themselves."""
    calls = {"lightweight": settings.max_calls, "heavyweight": settings.max_heavy_calls}
    if settings.max_calls is not None:
        light, judge = (settings.paid_before.get(role, Spend()).api for role in ("lightweight", JUDGE))
        calls[JUDGE] = max(settings.max_calls + light - judge, 0)
    return Account(run_id, Budget(Caps(calls, settings.budget_usd, settings.max_tokens)), alone=alone)
