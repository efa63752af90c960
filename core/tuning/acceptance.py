"""Every rule by which something is accepted or refused: an edit, a candidate, examples, the best prompt, the claim.

While searching, what breaks more than it fixes is refused, and a long prompt asks for more than a tie; whether
a gain is proven is noted, not demanded. A strict gate on few noisy examples throws small true gains away; the
strict claim is made once, at the end, on examples nobody looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.metrics.comparison import comparison_in_words
from core.metrics.metrics import is_mistake, right
from core.tuning.attribution import Attribution
from core.tuning.incumbents import Incumbent
from core.types import Comparison, Decision, Evaluation, Example, Outcome, Prediction, Verdict
from core.wording import counted

DAMAGE_LIMIT = 0.02  # share of failed calls above which figures decide nothing
RULES_PER_ROW = 5  # for every so many rules in the prompt, a newcomer must bring one row more
CLEARLY_WORSE = 3  # rows broken more than fixed, from which on an edit is not tried again


def damage(*evaluations: Evaluation) -> str:
    """A sentence when too many calls failed for any decision, else empty."""
    failed = sum(evaluation.metrics.failed for evaluation in evaluations)
    calls = sum(len(evaluation.predictions) for evaluation in evaluations)
    if failed <= DAMAGE_LIMIT * calls:
        return ""
    return f"{failed} of {calls} calls failed, so this step takes no decision."


# ---- one edit of a reply


def judge_edit(moves: Attribution, rules: int) -> Decision:
    """Undecided if it moved nothing; accepted if it fixed rows, and enough more than it broke.

    Rows move by luck with every change of a prompt. Early proposals are more often right than wrong, so a tie
    speaks for them; once the prompt holds many `rules`, most of what is right is in it, and a newcomer must
    bring more.
    """
    fixed, broke = len(moves.fixed), len(moves.broke)
    if not moves.all:
        return Decision.UNDECIDED
    return Decision.ACCEPTED if fixed and fixed - broke >= rules // RULES_PER_ROW else Decision.REJECTED


def disputed(moves: Attribution, rivals: bool) -> bool:
    """Whether its moves count only when they happen again with this edit alone: it broke something, or
    `rivals`, tried at the same time, may have moved the same rows."""
    return bool(moves.all) and (bool(moves.broke) or rivals)


def hopeless(moves: Attribution) -> bool:
    """Whether trying it again, should it be proposed again, would be a waste of calls."""
    return len(moves.broke) - len(moves.fixed) >= CLEARLY_WORSE


# ---- a prompt against the one before it


def judge_candidate(comparison: Comparison, whole: bool) -> Verdict:
    """The prompt with the accepted edits of a reply: refused where the `whole` validation part was evaluated
    and more of it broke than was fixed. Of a sample the verdicts of the edits stand."""
    lost = whole and len(comparison.broke) > len(comparison.fixed)
    return Verdict(
        Decision.REJECTED if lost else Decision.ACCEPTED, comparison_in_words(comparison), comparison
    )


def breaks_canonical(
    examples: Iterable[Example], before: Mapping[str, Prediction], after: Mapping[str, Prediction]
) -> tuple[str, ...]:
    """Ids of the canonical rows among them that were right `before` and are wrong `after` (predictions by row
    id; of a row without both, nothing is known)."""
    return tuple(
        example.id
        for example in examples
        if example.canonical
        and example.id in before
        and example.id in after
        and right(before[example.id], example.label)
        and is_mistake(after[example.id], example.label)
    )


def keeps_canonical(verdict: Verdict, broken: Sequence[str]) -> Verdict:
    """The verdict, refused where canonical rows would break: they are a contract, not a share to be weighed."""
    if not broken:
        return verdict
    reason = f"it breaks {counted(len(broken), 'canonical row')}; {verdict.reason}"
    return Verdict(Decision.REJECTED, reason, verdict.comparison)


def judge_examples(comparison: Comparison, what: str, damaged: str) -> Verdict:
    """The prompt with examples in it, `what` in words: they make every call longer, so a tie speaks against
    them."""
    better = len(comparison.fixed) > len(comparison.broke)
    decision = Decision.UNDECIDED if damaged else Decision.ACCEPTED if better else Decision.REJECTED
    return Verdict(decision, damaged or f"With {what}: {comparison_in_words(comparison)}", comparison)


def loses(comparison: Comparison | None) -> bool:
    """Whether a shorter prompt loses rows on balance against the longer one, or nothing can be concluded."""
    return comparison is None or comparison.n == 0 or len(comparison.broke) > len(comparison.fixed)


# ---- the end of a run


def best_of(incumbents: Sequence[Incumbent], examples: Sequence[Example]) -> Incumbent:
    """The one that is right most often on those of the (validation) examples that all of them answered, the
    latest of equals. With failed calls left out on every side, none gains by a call that failed."""
    common = set.intersection(*(_answered(each.validation) for each in incumbents))
    truth = {example.id: example.label for example in examples if example.id in common}
    return max(incumbents, key=lambda each: (_correct(each.validation, truth), each.step))


def _answered(evaluation: Evaluation) -> set[str]:
    return {each.example_id for each in evaluation.predictions if each.outcome is not Outcome.FAILED}


def _correct(evaluation: Evaluation, truth: dict[str, str]) -> int:
    return sum(
        right(each, truth[each.example_id]) for each in evaluation.predictions if each.example_id in truth
    )


def claim(comparison: Comparison, damaged: str = "") -> Verdict:
    """The strict verdict at the end: better or worse only with evidence (exact paired test, p < 0.05)."""
    if damaged:
        return Verdict(Decision.UNDECIDED, damaged, comparison)
    if comparison.p >= 0.05:
        return Verdict(Decision.UNDECIDED, comparison_in_words(comparison), comparison)
    better = len(comparison.fixed) > len(comparison.broke)
    return Verdict(
        Decision.ACCEPTED if better else Decision.REJECTED, comparison_in_words(comparison), comparison
    )
