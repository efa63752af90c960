"""What a run has used of its caps, and about what it has still to go, judged by its own steps so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from core.llm.base import JUDGE, ROLES, roles_of
from core.tuning.plan import steps_planned
from core.types import Settings, Spend


@dataclass(frozen=True, slots=True)
class Used:
    """Of one cap: `what` is "lightweight calls", "heavyweight calls", "tokens" or "dollars"."""

    what: str
    used: float
    cap: float

    @property
    def share(self) -> float:
        """0 to 1, and 1 for a cap of nothing."""
        return min(self.used / self.cap, 1.0) if self.cap else 1.0


@dataclass(frozen=True, slots=True)
class Finished:
    """A step when it was stored: what the run had spent by then, by role, and the time in seconds."""

    spend: Mapping[str, Spend]
    saved: float


@dataclass(frozen=True, slots=True)
class Left:
    """Of one role. `usd` is None where a price is unknown."""

    calls: int
    tokens: int
    usd: float | None


@dataclass(frozen=True, slots=True)
class ToGo:
    """At most about so much, should the run do all its steps. `seconds` is None where its steps do not
    tell."""

    steps: int
    roles: Mapping[str, Left]
    seconds: float | None


def used_of_caps(settings: Settings, spent: Mapping[str, Spend]) -> tuple[Used, ...]:
    """Of every cap that is set. `spent` is by role, over all legs of the run."""
    light, heavy = (spent.get(role, Spend()) for role in ROLES)
    tokens = sum(each.input_tokens + each.output_tokens for each in spent.values())
    dollars = sum(each.cost_usd or 0.0 for each in spent.values())
    caps = (
        ("lightweight calls", light.api, settings.max_calls),
        ("heavyweight calls", heavy.api, settings.max_heavy_calls),
        ("tokens", tokens, settings.max_tokens),
        ("dollars", dollars, settings.budget_usd),
    )
    return tuple(Used(what, used, cap) for what, used, cap in caps if cap is not None)


def to_go(
    settings: Settings,
    finished: Sequence[Finished],
    spent: Mapping[str, Spend],
    reserved: int,
    waited: float = 0.0,
) -> ToGo | None:
    """By the mean of the steps that have cost calls; None until there is one, the first being the baseline,
    which tells nothing.

    `reserved` are lightweight calls of the last reading (core/tuning/plan.py has them), `waited` seconds
    since the last step was stored. What a cap still allows is never exceeded. Replies that may come from the
    cache are not foreseen."""
    each = [_calls(after.spend, before.spend) for before, after in pairwise(finished)]
    paying = [calls for calls in each if any(calls.values())]
    if not paying:
        return None
    remaining = max(steps_planned(settings) - len(each), 0)
    now, roles = _calls(spent, settings.paid_before), {}
    already = _calls(finished[-1].spend, {})
    for role in roles_of(spent):
        last = 0 if role == "heavyweight" else reserved
        pace = fmean(calls[role] for calls in paying)
        calls = max(pace * remaining + last - max(now[role] - already[role], 0), 0)
        roles[role] = _left(settings, spent, role, calls)
    took = [after.saved - before.saved for before, after in pairwise(finished) if after.saved > before.saved]
    return ToGo(
        remaining, _within(settings, spent, roles), _seconds(took, remaining, reserved, paying, waited)
    )


def _calls(after: Mapping[str, Spend], before: Mapping[str, Spend]) -> dict[str, int]:
    roles = (*ROLES, JUDGE)
    return {role: max(after.get(role, Spend()).api - before.get(role, Spend()).api, 0) for role in roles}


def _left(settings: Settings, spent: Mapping[str, Spend], role: str, calls: float) -> Left:
    so_far = spent.get(role, Spend())
    cap = settings.max_heavy_calls if role == "heavyweight" else settings.max_calls
    if cap is not None:
        calls = min(calls, max(cap - so_far.api, 0))
    one = so_far.api or 1
    tokens = (so_far.input_tokens + so_far.output_tokens) / one
    return Left(
        round(calls),
        round(calls * tokens),
        None if so_far.cost_usd is None else calls * so_far.cost_usd / one,
    )


def _within(settings: Settings, spent: Mapping[str, Spend], roles: Mapping[str, Left]) -> dict[str, Left]:
    """All roles scaled down alike, where together they would pass the cap on tokens or dollars."""
    fits = [1.0]
    for cap in used_of_caps(settings, spent):
        if cap.what not in ("tokens", "dollars"):
            continue
        needs = [float(each.tokens) if cap.what == "tokens" else each.usd for each in roles.values()]
        known = [each for each in needs if each is not None]
        if len(known) == len(needs) and sum(known) > 0:
            fits.append(max(cap.cap - cap.used, 0) / sum(known))
    part = min(fits)
    return {
        role: Left(
            round(part * each.calls), round(part * each.tokens), None if each.usd is None else part * each.usd
        )
        for role, each in roles.items()
    }


def _seconds(
    took: Sequence[float], remaining: int, reserved: int, paying: Sequence[Mapping[str, int]], waited: float
) -> float | None:
    """By the middle one of the steps, so that a pause between two of them does not count as work."""
    if not took:
        return None
    step, calls = median(took), fmean(each["lightweight"] for each in paying)
    reading = step * reserved / calls if calls else 0.0
    return max(step * remaining + reading - waited, 0.0)
