"""One decision: does the run go on with the candidate?

While searching, what breaks more rows than it fixes is refused, and a long prompt asks for more than a tie;
whether a gain is proven is said, not demanded. A strict gate on few noisy rows throws small true gains away;
the strict claim is made once, at the end, on rows nobody looked at.
"""

from __future__ import annotations

from core.metrics.comparison import in_words, mcnemar
from core.tuning.attribution import Attribution
from core.types import Comparison, Decision, Evaluation, Verdict

DAMAGE_LIMIT = 0.02  # share of failed calls above which figures decide nothing
RULES_PER_ROW = 5  # for every so many rules in the prompt, a newcomer must bring one row more
CLEARLY_WORSE = 3  # rows broken more than fixed, from which on a hypothesis is not tried again


def damage(*evaluations: Evaluation) -> str:
    """A sentence when too many calls failed for any decision, else empty."""
    failed = sum(evaluation.metrics.failed for evaluation in evaluations)
    asked = sum(len(evaluation.predictions) for evaluation in evaluations)
    if failed <= DAMAGE_LIMIT * asked:
        return ""
    return f"{failed} of {asked} calls failed, so this step takes no decision."


def judge(moves: Attribution, rules: int) -> Decision:
    """One hypothesis: undecided if it moved nothing; kept if it fixed rows, and enough more than it broke.

    Rows move by luck with every change of a prompt. Early proposals are more often right than wrong, so a tie
    speaks for them; once the prompt holds many `rules`, most of what is right has been said, and a newcomer
    must bring more.
    """
    fixed, broke = len(moves.fixed_shown) + len(moves.fixed), len(moves.broke)
    if not moves.all:
        return Decision.UNDECIDED
    return Decision.ACCEPTED if fixed and fixed - broke >= rules // RULES_PER_ROW else Decision.REJECTED


def hopeless(moves: Attribution) -> bool:
    """Whether trying it again, should it be proposed again, would be a waste of calls."""
    return len(moves.broke) - len(moves.fixed_shown) - len(moves.fixed) >= CLEARLY_WORSE


def moves_in_words(moves: Attribution) -> str:
    """Such as "fixed 3 (2 of them shown), broke 1"."""
    fixed = len(moves.fixed_shown) + len(moves.fixed)
    shown = f" ({len(moves.fixed_shown)} of them shown)" if moves.fixed_shown else ""
    return f"fixed {fixed}{shown}, broke {len(moves.broke)}" if moves.all else "moved no row that was read"


def moves_compared(moves: Attribution, read: int) -> Comparison:
    """The same as ids, of so many rows read: what a ledger of rules is written from."""
    fixed = (*moves.fixed_shown, *moves.fixed)
    return Comparison(read, fixed, moves.broke, mcnemar(len(fixed), len(moves.broke)))


def claim(comparison: Comparison, damaged: str = "") -> Verdict:
    """The strict verdict at the end: better or worse only with evidence (exact paired test, p < 0.05)."""
    if damaged:
        return Verdict(Decision.UNDECIDED, damaged, comparison)
    if comparison.p >= 0.05:
        return Verdict(Decision.UNDECIDED, in_words(comparison), comparison)
    better = len(comparison.fixed) > len(comparison.broke)
    return Verdict(Decision.ACCEPTED if better else Decision.REJECTED, in_words(comparison), comparison)
