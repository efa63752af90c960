"""How far apart two prompts are on the same rows, with what the number of rows leaves open."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from core.metrics.metrics import Z
from core.types import Comparison


def gain(comparison: Comparison) -> float:
    """What the second prompt has more, as a share of the rows that both were scored on, -1 to 1. 0 without
    rows. By another objective than accuracy: the difference in that."""
    if comparison.difference is not None:
        return comparison.difference
    return (len(comparison.fixed) - len(comparison.broke)) / comparison.n if comparison.n else 0.0


def gain_interval(comparison: Comparison) -> tuple[float, float]:
    """95 % interval of the gain, for paired rows: Wald's with half a row added to each of the four kinds of
    pairs, which holds its promise for few rows, too (Agresti and Min 2005, "Simple improved confidence
    intervals for comparing matched proportions"). (-1, 1) without rows. By another objective from its difference
    and p (Altman and Bland 2011, "How to obtain the confidence interval from a P value")."""
    if not comparison.n:
        return -1.0, 1.0
    if comparison.difference is not None and 0 < comparison.p < 1 and comparison.difference:
        half = Z * abs(comparison.difference) / NormalDist().inv_cdf(1 - comparison.p / 2)
        return max(-1.0, comparison.difference - half), min(1.0, comparison.difference + half)
    fixed, broke, n = len(comparison.fixed) + 0.5, len(comparison.broke) + 0.5, comparison.n + 2
    middle = (fixed - broke) / n
    half = Z / n * sqrt(fixed + broke - (fixed - broke) ** 2 / n)
    return max(-1.0, middle - half), min(1.0, middle + half)
