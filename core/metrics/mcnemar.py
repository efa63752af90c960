"""How far apart two prompts are on the same rows, with what the number of rows leaves open."""

from __future__ import annotations

from math import sqrt

from core.metrics.metrics import Z
from core.types import Comparison


def gain(comparison: Comparison) -> float:
    """What the second prompt has more, as a share of the rows that both were scored on, -1 to 1. 0 without
    rows."""
    return (len(comparison.fixed) - len(comparison.broke)) / comparison.n if comparison.n else 0.0


def gain_interval(comparison: Comparison) -> tuple[float, float]:
    """95 % interval of the gain, for paired rows: Wald's with half a row added to each of the four kinds of
    pairs, which holds its promise for few rows, too (Agresti and Min 2005, "Simple improved confidence
    intervals for comparing matched proportions"). (-1, 1) without rows."""
    if not comparison.n:
        return -1.0, 1.0
    fixed, broke, n = len(comparison.fixed) + 0.5, len(comparison.broke) + 0.5, comparison.n + 2
    middle = (fixed - broke) / n
    half = Z / n * sqrt(fixed + broke - (fixed - broke) ** 2 / n)
    return max(-1.0, middle - half), min(1.0, middle + half)
