"""One decision: does the run go on with the candidate?

While searching, a candidate needs more rows fixed than broken; whether that is proven is said, not demanded. A strict gate on
few noisy rows throws small true gains away; the strict claim is made once, at the end, on rows nobody looked at.
"""

from __future__ import annotations

from core.measure.comparison import in_words
from core.types import Comparison, Decision, Evaluation, Verdict

DAMAGE_LIMIT = 0.02  # share of failed calls above which figures decide nothing


def damage(*evaluations: Evaluation) -> str:
    """A sentence when too many calls failed for any decision, else empty."""
    failed = sum(evaluation.metrics.failed for evaluation in evaluations)
    asked = sum(len(evaluation.predictions) for evaluation in evaluations)
    if failed <= DAMAGE_LIMIT * asked:
        return ""
    return f"{failed} of {asked} calls failed, so this step takes no decision."


def decide(comparison: Comparison, damaged: str = "") -> Verdict:
    """Accepted if it fixes more than it breaks, undecided if neither (the run stays with what it has), else rejected."""
    if damaged:
        return Verdict(Decision.UNDECIDED, damaged, comparison)
    fixed, broke = len(comparison.fixed), len(comparison.broke)
    decision = Decision.ACCEPTED if fixed > broke else Decision.UNDECIDED if fixed == broke else Decision.REJECTED
    return Verdict(decision, in_words(comparison), comparison)


def claim(comparison: Comparison, damaged: str = "") -> Verdict:
    """The strict verdict at the end: better or worse only with evidence (exact paired test, p < 0.05)."""
    if damaged:
        return Verdict(Decision.UNDECIDED, damaged, comparison)
    if comparison.p >= 0.05:
        return Verdict(Decision.UNDECIDED, in_words(comparison), comparison)
    better = len(comparison.fixed) > len(comparison.broke)
    return Verdict(Decision.ACCEPTED if better else Decision.REJECTED, in_words(comparison), comparison)
