"""What costs money: its price in words before the first call, a stop by Ctrl+C, and results so far."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from core.cli.console import Console, stop_on_signals
from core.costs.call_price import CallPrice, Range
from core.errors import Stopped
from core.tuning.session import OnProgress
from core.types import Progress

T = TypeVar("T")


def carried_out(console: Console, work: Callable[[OnProgress], T]) -> T:
    """What `work` returns; a signal ends it with Stopped, at its next reply."""
    stop = threading.Event()

    def on_progress(progress: Progress) -> None:
        console(progress)
        if stop.is_set():
            raise Stopped("Stopped by a signal.")

    with stop_on_signals(stop.set):
        return work(on_progress)


def ends(amount: Range | None) -> list[float] | None:
    """As JSON has it: the lower end and the upper one."""
    return None if amount is None else [amount.low, amount.high]


def whole_ends(amount: Range) -> list[int]:
    """Of what there are only whole ones, such as tokens."""
    return [round(amount.low), round(amount.high)]


def price_fields(part: CallPrice) -> dict[str, object]:
    """`tokens` and `usd` (null where the price is unknown) are of all calls together, from least to most."""
    return {
        "model": part.model,
        "calls": part.calls,
        "tokens": whole_ends(part.of_all(part.tokens)),
        "usd": ends(part.total_usd),
        "seconds": part.seconds,
    }
