"""How far apart two prompts, or two models, may be on the same rows: the interval of a paired difference."""

from __future__ import annotations

from math import comb, sqrt

from core.metrics.metrics import Z
from core.types import Comparison

TAIL = 0.025  # on either side


def difference_interval(comparison: Comparison) -> tuple[float, float] | None:
    """95 % interval of the difference of both accuracies, -1 to 1, the second one's less the first one's; None where
    no row was scored for both, or what is compared is no share of right rows.

    The wider one, end by end, of Agresti & Min 2005 ("Simple improved confidence intervals for comparing matched
    proportions": Wald's after half a row was added to each cell) and of Clopper & Pearson 1934 on the rows that
    differ: so it holds 0 wherever the exact McNemar test finds no difference."""
    if not comparison.n or comparison.graded:
        return None
    gained, lost, rows = len(comparison.fixed), len(comparison.broke), comparison.n
    ends = [*_agresti_min(gained, lost, rows), *_conditional(gained, lost, rows)]
    return max(min(ends), -1.0), min(max(ends), 1.0)


def _agresti_min(gained: int, lost: int, rows: int) -> tuple[float, float]:
    n = rows + 2
    difference = (gained - lost) / n
    half = Z * sqrt(gained + lost + 1 - (gained - lost) ** 2 / n) / n
    return difference - half, difference + half


def _conditional(gained: int, lost: int, rows: int) -> tuple[float, float]:
    """Of the rows that differ, which share the second one has right: its exact interval, as a difference."""
    differing = gained + lost
    low, high = 1 - _highest_share(lost, differing), _highest_share(gained, differing)
    return differing * (2 * low - 1) / rows, differing * (2 * high - 1) / rows


def _highest_share(hits: int, of: int) -> float:
    """The share at which so few hits are as rare as TAIL, by halving; 1 where all are hits."""
    if hits == of:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        tail = sum(comb(of, k) * middle**k * (1 - middle) ** (of - k) for k in range(hits + 1))
        low, high = (middle, high) if tail > TAIL else (low, middle)
    return high


def difference_range_in_words(comparison: Comparison) -> str:
    """Such as "between 5 fewer and 2 more"; "" where there is no interval."""
    interval = difference_interval(comparison)
    if interval is None:
        return ""
    low, high = (round(100 * end) for end in interval)
    if low < 0 < high:
        return f"between {-low} fewer and {high} more"
    ends = sorted((abs(low), abs(high)))
    return f"{ends[0]} to {ends[1]} {'more' if high > 0 else 'fewer'}"
