"""Two prompts on the same rows: what one fixed, what it broke, and whether that is more than luck."""

from __future__ import annotations

from collections.abc import Sequence

from core.metrics.metrics import right
from core.types import Comparison, Example, Outcome, Prediction

EVIDENCE = 0.05  # a difference is called one below this p

BETTER = "better"
WORSE = "worse"
NO_EVIDENCE = "no evidence of a difference"
NOTHING = "nothing to compare: no row was scored for both prompts"


def compare(
    examples: Sequence[Example], before: Sequence[Prediction], after: Sequence[Prediction]
) -> Comparison:
    """Rows scored under both prompts, joined by id; a failed call on either side leaves its row out.

    `fixed` and `broke` are ids in the order of the examples; `p` is the exact McNemar test of their numbers.
    """
    old, new = scored_by_id(before), scored_by_id(after)
    both = [example for example in examples if example.id in old and example.id in new]
    changes = [
        (example.id, right(old[example.id], example.label), right(new[example.id], example.label))
        for example in both
    ]
    fixed = tuple(id for id, was_right, is_right in changes if is_right and not was_right)
    broke = tuple(id for id, was_right, is_right in changes if was_right and not is_right)
    return Comparison(n=len(both), fixed=fixed, broke=broke, p=mcnemar(len(fixed), len(broke)))


def mcnemar(fixed: int, broke: int) -> float:
    """Exact two-sided McNemar test: how often a fair coin, tossed for each row that differs, is at least as
    uneven.

    McNemar 1947, in its exact binomial form; equal to scipy.stats.binomtest(fixed, fixed + broke).pvalue. 1
    if no row differs.
    """
    n = fixed + broke
    tail, term = 0, 1
    for i in range(min(fixed, broke) + 1):  # whole numbers throughout: exact, and no overflow
        tail += term
        term = term * (n - i) // (i + 1)
    return min(1.0, 2 * tail / (1 << n))


def comparison_in_words(comparison: Comparison) -> str:
    """Such as "fixed 21, broke 4: better (p = 0.0009)"."""
    if comparison.n == 0:
        return NOTHING
    fixed, broke = len(comparison.fixed), len(comparison.broke)
    return f"fixed {fixed:,}, broke {broke:,}: {verdict_of(comparison)} ({p_in_words(comparison.p)})"


def verdict_of(comparison: Comparison) -> str:
    """BETTER or WORSE with evidence, else NO_EVIDENCE."""
    if comparison.p >= EVIDENCE:
        return NO_EVIDENCE
    return BETTER if len(comparison.fixed) > len(comparison.broke) else WORSE


def p_in_words(p: float) -> str:
    """Rounded to what it is worth: two digits, one below 0.01, more where rounding would cross the line of
    evidence."""
    if p < 0.0001:
        return "p < 0.0001"
    if p < 0.01:
        return f"p = {p:.1g}"
    for digits in range(2, 17):
        rounded = f"{p:#.{digits}g}"
        if (float(rounded) < EVIDENCE) == (p < EVIDENCE):
            return "p = " + rounded
    return f"p = {p}"


def scored_by_id(predictions: Sequence[Prediction]) -> dict[str, Prediction]:
    """Those that were scored: a failed call is not."""
    return {
        prediction.example_id: prediction
        for prediction in predictions
        if prediction.outcome is not Outcome.FAILED
    }
