"""How many answers are good where only a judge has looked at them: its count, corrected for the errors it makes on answers
that people have judged.

Rogan and Gladen 1978, "Estimating prevalence from the results of a screening test", American Journal of Epidemiology
107:71-76. The interval is that of Lang and Reiczigel 2014, "Confidence limits for prevalence of disease adjusted for
estimated sensitivity and specificity", Preventive Veterinary Medicine 113:13-22: it allows for chance in both samples, that
of the judge's errors too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from core.metrics.judges.judge_figures import JudgeFigures, Proportion
from core.metrics.metrics import Z

LEAST = 5  # answers that people called good, and as many others, to know a judge's errors by


@dataclass(frozen=True, slots=True)
class PassRate:
    """`counted`: what the judge calls good. `corrected` and its 95 % `interval` are shares of all answers, 0 to 1; None
    with a `problem` in a sentence where the judge's errors leave them open."""

    counted: Proportion
    corrected: float | None = None
    interval: tuple[float, float] | None = None
    problem: str = ""


def pass_rate(counted: Proportion, figures: JudgeFigures) -> PassRate:
    """`figures`: of the same judge, on answers that had no part in making it."""
    hits, spared = figures.true_positive, figures.true_negative
    if not counted.n:
        return PassRate(counted, problem="No answer got a verdict.")
    if min(hits.n, spared.n) < LEAST:
        return PassRate(
            counted,
            problem=f"Too few answers judged by people to correct the count: at least {LEAST} good ones and {LEAST} others are needed, "
            f"and there are {hits.n} and {spared.n}.",
        )
    if (hits.value or 0.0) + (spared.value or 0.0) <= 1:
        return PassRate(counted, problem="The judge does no better than chance, so its count says nothing.")
    rate = _rogan_gladen(counted.k / counted.n, hits.k / hits.n, spared.k / spared.n)
    return PassRate(counted, _within(rate), _lang_reiczigel(counted, hits, spared))


def _rogan_gladen(apparent: float, sensitivity: float, specificity: float) -> float:
    return (apparent + specificity - 1) / (sensitivity + specificity - 1)


def _lang_reiczigel(counted: Proportion, hits: Proportion, spared: Proportion) -> tuple[float, float]:
    """Their equations 6, 7, 16 and 17."""
    square = Z * Z
    n, positive, negative = counted.n + square, hits.n + 2, spared.n + 2
    apparent = (counted.k + square / 2) / n
    sensitivity, specificity = (hits.k + 1) / positive, (spared.k + 1) / negative
    youden = sensitivity + specificity - 1
    rate = (apparent + specificity - 1) / youden
    missed = sensitivity * (1 - sensitivity) / positive
    alarmed = specificity * (1 - specificity) / negative
    shift = 2 * square * (rate * missed - (1 - rate) * alarmed)
    variance = apparent * (1 - apparent) / n + rate**2 * missed + (1 - rate) ** 2 * alarmed
    half = Z * sqrt(variance) / youden
    return _within(rate + shift - half), _within(rate + shift + half)


def _within(share: float) -> float:
    return min(1.0, max(0.0, share))
