"""What something would take, said before it is asked."""

from __future__ import annotations

from core.costs.call_price import CallPrice
from pages.ui.wording import count, money_range


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
    return f"{count(part.calls, 'call')}, {cost}, {length}. Calls made before come from the cache and cost nothing."
