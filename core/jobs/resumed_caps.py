"""Caps of a run that are changed when it is resumed. What it had spent by then counts towards the new ones,
and the replies it had paid for are kept replies like any other: free. So the new caps hold for the run as a
whole, whatever it asks again under its new plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from core.errors import UsageError
from core.llm.base import JUDGE
from core.llm.journal.call_journal import LostCalls
from core.llm.providers.registry import is_local
from core.tuning.plan import FEWEST_CALLS, steps_planned
from core.types import CAPS, Settings, Spend

Number = TypeVar("Number", int, float)


def with_changed_caps(
    settings: Settings, typed: Mapping[str, Any], spend: Mapping[str, Spend], judge: str = ""
) -> Settings:
    """The settings with what was typed in its place. `spend` is what the run has spent in all, `judge` the model that
    scores its answers, if one does. Raises UsageError where that leaves too little to go on with."""
    wanted = replace(settings, **typed)
    if all(getattr(wanted, name) == getattr(settings, name) for name in CAPS):
        return wanted
    wanted = replace(wanted, paid_before=_by_providers(wanted, spend, judge))
    paid = _paid(wanted, "lightweight").api
    if wanted.max_calls is not None and wanted.max_calls < paid + FEWEST_CALLS:
        raise UsageError(
            f"The run has made {paid} lightweight calls: type a cap of at least {paid + FEWEST_CALLS} to go on with it."
        )
    return wanted


def with_paid_elsewhere(
    settings: Settings, spend: Mapping[str, Spend], judge: str, is_kept: Callable[[], bool]
) -> Settings:
    """The settings of a run of which this workspace keeps no reply, as `is_kept` says: another one that shares the
    database has begun it, or the cache was cleared. What it asks again is paid again, so what it had spent counts."""
    before = _by_providers(settings, spend, judge)
    this_leg = sum(spent.api - _paid(settings, role).api for role, spent in before.items())
    return settings if this_leg <= 0 or is_kept() else replace(settings, paid_before=before)


def with_caps_left(settings: Settings) -> Settings:
    """The settings with the caps that are left for this leg. The number of steps stays that of the whole."""
    if not settings.paid_before:
        return settings
    paid = settings.paid_before.values()
    tokens = sum(each.input_tokens + each.output_tokens for each in paid)
    return replace(
        settings,
        iterations=steps_planned(settings),
        max_calls=_left(settings.max_calls, _paid(settings, "lightweight").api),
        max_heavy_calls=_left(settings.max_heavy_calls, _paid(settings, "heavyweight").api),
        budget_usd=_left(settings.budget_usd, sum(each.cost_usd or 0.0 for each in paid)),
        max_tokens=_left(settings.max_tokens, tokens),
    )


def account_name(run_id: str, settings: Settings) -> str:
    """The name under which this leg pays: another one once the caps were changed, so that earlier replies are
    not its own."""
    if not settings.paid_before:
        return run_id
    return run_id + "+" + str(sum(each.api for each in settings.paid_before.values()))


def total_spend(settings: Settings, spends: Mapping[str, Spend]) -> dict[str, Spend]:
    """What the run has spent: under its caps of now and before."""
    return {
        role: _paid(settings, role) + spends.get(role, Spend())
        for role in dict.fromkeys((*settings.paid_before, *spends))
    }


def with_lost(settings: Settings, spend: Mapping[str, Spend], lost: Sequence[LostCalls]) -> dict[str, Spend]:
    """What a run had spent by its last heartbeat, and in calls whose answers a kill has cut off since: they may have
    been paid. `lost` are all of this leg, at the most that they can have used."""
    whole = dict(spend)
    for each in lost:
        so_far = whole.get(each.role, Spend())
        missing = each.calls - (so_far.uncertain - _paid(settings, each.role).uncertain)
        if missing > 0:
            share = missing / each.calls
            most = Spend(missing, 0, 0, round(share * each.tokens), 0, share * each.usd, uncertain=missing)
            whole[each.role] = so_far + most
    return whole


def _by_providers(settings: Settings, spend: Mapping[str, Spend], judge: str) -> dict[str, Spend]:
    """Without offline models, which keep no replies: what they said is worked out, and counted, again."""
    models = {"lightweight": settings.lightweight, "heavyweight": settings.heavyweight, JUDGE: judge}
    return {role: spent for role, spent in spend.items() if not is_local(models[role])}


def _paid(settings: Settings, role: str) -> Spend:
    return settings.paid_before.get(role, Spend())


def _left(cap: Number | None, spent: Number) -> Number | None:
    return None if cap is None else max(cap - spent, 0)
