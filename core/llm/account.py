"""One run's books: what it may spend, what it has spent, and whether more fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.llm.budget import Budget, Caps
from core.llm.meter import Meter
from core.types import Settings, Spend


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

    def left(self, role: str) -> int | None:
        """Calls of the role that may still be made; None without a cap."""
        return self.budget.remaining_calls(role)

    def affords(self, role: str, calls: int) -> bool:
        """Whether so many more calls of the role fit under every cap, judged by what its calls have cost so
        far."""
        left = self.budget.remaining_calls(role)
        if left is not None and left < calls:
            return False
        caps, spends = self.budget.caps, self.meter.spends()
        spend = spends.get(role, Spend())
        per_call = calls / spend.api if spend.api else 0.0
        tokens = sum(each.input_tokens + each.output_tokens for each in spends.values())
        if (
            caps.tokens is not None
            and tokens + per_call * (spend.input_tokens + spend.output_tokens) > caps.tokens
        ):
            return False
        usd = sum(each.cost_usd or 0.0 for each in spends.values())
        return caps.usd is None or usd + per_call * (spend.cost_usd or 0.0) <= caps.usd


def account_for(settings: Settings, run_id: str = "", alone: bool = False) -> Account:
    """The books of a run with the caps of its settings."""
    calls = {"lightweight": settings.max_calls, "heavyweight": settings.max_heavy_calls}
    return Account(run_id, Budget(Caps(calls, settings.budget_usd, settings.max_tokens)), alone=alone)
