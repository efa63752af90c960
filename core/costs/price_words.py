"""What something would take, said before it is asked."""

from __future__ import annotations

from core.costs.call_price import CallPrice
from core.costs.run_estimate import Estimate
from core.types import Settings
from core.wording import count, money_range

CACHE = "Calls made before come from the cache and cost nothing."


def price_in_words(part: CallPrice) -> str:
    """31 calls, about $0.06, some 20 s. What was asked before comes from the cache and costs nothing."""
    usd = part.total_usd
    cost = (
        "free"
        if usd and usd.high == 0
        else money_range(usd.low, usd.high)
        if usd
        else "at a price that is not known"
    )
    length = f"some {part.seconds:.0f} s" if part.seconds < 90 else f"some {part.seconds / 60:.0f} min"
    length = length if part.seconds > 0.5 else "a moment"
    return f"{count(part.calls, 'call')}, {cost}, {length}. {CACHE}"


# ---- of a run


def run_calls_in_words(expected: Estimate, settings: Settings) -> str:
    """Up to about 4,100 lightweight and 8 heavyweight calls."""
    calls = expected.lightweight.calls
    light = f"{calls:,}" if expected.capped else f"about {_rounded(calls):,}"
    said = f"Up to {light} lightweight and {expected.heavyweight.calls:,} heavyweight calls"
    if expected.judge is not None:
        said += f", and about {_rounded(expected.judge.calls):,} of the judge"
    limits = [", as capped"] if expected.capped else []
    limits += [f", and no more than ${settings.budget_usd:,.2f}"] if settings.budget_usd is not None else []
    limits += [f", within {settings.max_tokens:,} tokens"] if settings.max_tokens is not None else []
    return said + "".join(limits) + ". " + CACHE


def run_money_in_words(expected: Estimate) -> str:
    """$0.19 to $0.84; 0.3 to 2.0 million tokens."""
    usd, tokens = expected.usd, expected.tokens
    if usd is None:
        cost = "Money unknown: there is no price for " + " and ".join(expected.unpriced)
    elif usd.high == 0:
        return "Free."
    else:
        said = money_range(usd.low, usd.high)
        cost = said[0].upper() + said[1:]
    return f"{cost}; {tokens.low / 1e6:.1f} to {tokens.high / 1e6:.1f} million tokens."


def run_time_in_words(expected: Estimate, settings: Settings) -> str:
    if expected.seconds < 1:
        return "Seconds: nothing is sent anywhere."
    return f"About {estimated_time(expected.seconds)}, {count(settings.concurrency, 'call')} at a time."


def estimated_time(seconds: float) -> str:
    """45 s, 12 min, 2.5 h"""
    minutes = seconds / 60
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _rounded(calls: int) -> int:
    return round(calls, -2 if calls >= 1_000 else -1)
