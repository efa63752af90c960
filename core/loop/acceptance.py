"""One decision: does the run go on with the candidate?

While searching, a candidate needs more rows fixed than broken; whether that is proven is said, not demanded. A strict gate on
few noisy rows throws small true gains away; the strict claim is made once, at the end, on rows nobody looked at.
"""

from __future__ import annotations

from core.loop.trying import Moves
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


def gain(moves: Moves, seen: int, held_out: int) -> float:
    """A hypothesis' estimated gain in accuracy: its share of rows fixed, of all `seen` and `held_out` rows, less its share of held-out
    rows broken. Rows that were not read are those least likely to move, and count as unmoved."""
    fixed = len(moves.fixed_shown) + len(moves.fixed)
    return fixed / max(seen + held_out, 1) - len(moves.broke) / max(held_out, 1)


def judge(moves: Moves, seen: int, held_out: int) -> Decision:
    """One hypothesis: kept if it seems to gain; undecided if it moved nothing; refused if it seems to cost as much as it brings."""
    if not moves.all:
        return Decision.UNDECIDED
    return Decision.ACCEPTED if gain(moves, seen, held_out) > 0 else Decision.REJECTED


def moves_in_words(moves: Moves) -> str:
    """Such as "fixed 3 (2 of them shown), broke 1"."""
    fixed = len(moves.fixed_shown) + len(moves.fixed)
    shown = f" ({len(moves.fixed_shown)} of them shown)" if moves.fixed_shown else ""
    return f"fixed {fixed}{shown}, broke {len(moves.broke)}" if moves.all else "moved no row that was read"


def claim(comparison: Comparison, damaged: str = "") -> Verdict:
    """The strict verdict at the end: better or worse only with evidence (exact paired test, p < 0.05)."""
    if damaged:
        return Verdict(Decision.UNDECIDED, damaged, comparison)
    if comparison.p >= 0.05:
        return Verdict(Decision.UNDECIDED, in_words(comparison), comparison)
    better = len(comparison.fixed) > len(comparison.broke)
    return Verdict(Decision.ACCEPTED if better else Decision.REJECTED, in_words(comparison), comparison)
