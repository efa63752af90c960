"""Two prompts on the same rows: what one fixed, what it broke, and whether that is more than luck."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.metrics.metrics import answer_score, is_graded
from core.metrics.objective_words import difference_in_words
from core.metrics.objectives import PairedAnswers, answer_of, paired_test
from core.metrics.paired_scores import sign_flip_p
from core.types import Comparison, Example, Objective, Outcome, Prediction, Verdict
from core.types.objectives import ACCURACY, SCORE
from core.wording import counted

EVIDENCE = 0.05  # a difference is called one below this p
CHI_SQUARED = 3.8415  # at that p, with one degree of freedom

BETTER = "better"
WORSE = "worse"
UNPROVEN = "may be luck"
NOTHING = "nothing to compare: no row was scored for both prompts"


def compare(
    examples: Sequence[Example],
    before: Sequence[Prediction],
    after: Sequence[Prediction],
    objective: Objective = Objective(),
) -> Comparison:
    """Rows scored under both prompts, joined by id; a failed call on either side leaves its row out.

    `fixed` and `broke` are ids in the order of the examples; `p` is the exact McNemar test of their numbers, or
    the permutation test of the objective.
    """
    if objective.kind == SCORE:
        return compare_scores(examples, before, after)
    return compare_answers(answers_to(examples, before, after), objective)


def compare_scores(
    examples: Sequence[Example], before: Sequence[Prediction], after: Sequence[Prediction]
) -> Comparison:
    """The same by the mean score. Where every score is 0 or 1 `p` is McNemar's, else that of flipped signs."""
    old, new = scored_by_id(before), scored_by_id(after)
    both = [example for example in examples if example.id in old and example.id in new]
    differences = {
        example.id: answer_score(new[example.id], example.label)
        - answer_score(old[example.id], example.label)
        for example in both
    }
    better = tuple(identity for identity, each in differences.items() if each > 0)
    worse = tuple(identity for identity, each in differences.items() if each < 0)
    graded = any(is_graded(each) for example in both for each in (old[example.id], new[example.id]))
    p = sign_flip_p(list(differences.values())) if graded else mcnemar(len(better), len(worse))
    mean = sum(differences.values()) / len(both) if both else 0.0
    measure = difference_in_words(Objective(SCORE), mean)
    return Comparison(len(both), better, worse, p, measure, mean, graded)


def answers_to(
    examples: Sequence[Example], before: Sequence[Prediction], after: Sequence[Prediction]
) -> PairedAnswers:
    """Both prompts' answers to the rows that both have scored, in the order of the examples."""
    old, new = scored_by_id(before), scored_by_id(after)
    both = [example for example in examples if example.id in old and example.id in new]
    return PairedAnswers(
        [example.id for example in both],
        [example.label for example in both],
        [answer_of(old[example.id]) for example in both],
        [answer_of(new[example.id]) for example in both],
    )


def compare_answers(paired: PairedAnswers, objective: Objective) -> Comparison:
    """The same of labels given."""
    rows = list(zip(paired.ids, paired.truth, paired.before, paired.after, strict=True))
    fixed = tuple(id for id, label, old, new in rows if new == label != old)
    broke = tuple(id for id, label, old, new in rows if old == label != new)
    if objective.kind == ACCURACY:
        return Comparison(n=len(rows), fixed=fixed, broke=broke, p=mcnemar(len(fixed), len(broke)))
    difference, p = paired_test(objective, [paired])
    return Comparison(len(rows), fixed, broke, p, difference_in_words(objective, difference), difference)


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
    """Such as "21 mistakes fixed, 4 new; not luck (p = 0.0009)"; with another objective than accuracy "21
    mistakes fixed, 30 new, balanced accuracy +9.1 points; not luck (p = 0.002)"."""
    if comparison.n == 0:
        return NOTHING
    return f"{moves_in_words(comparison)}; {luck_in_words(comparison)}"


def moves_in_words(comparison: Comparison) -> str:
    """The same without the verdict."""
    words = moved_rows_in_words if comparison.graded else mistakes_in_words
    moved = words(len(comparison.fixed), len(comparison.broke))
    return moved + (f", {comparison.measure}" if comparison.measure else "")


def mistakes_in_words(fixed: int, broke: int, shown: int = 0) -> str:
    """Such as "27 mistakes fixed (2 of them shown), none new"; `shown` counts those that the heavyweight model
    had read."""
    if not fixed + broke:
        return "no mistake fixed, none new"
    among = f" ({shown:,} of them shown)" if shown else ""
    return f"{counted(fixed, 'mistake') if fixed else 'no mistake'} fixed{among}, {f'{broke:,}' if broke else 'none'} new"


def moved_rows_in_words(better: int, worse: int, shown: int = 0) -> str:
    """The same of scores that lie between wrong and right, such as "27 rows better (2 of them shown), 3 worse"."""
    if not better + worse:
        return "no row better, none worse"
    among = f" ({shown:,} of them shown)" if shown else ""
    return f"{counted(better, 'row') if better else 'no row'} better{among}, {f'{worse:,}' if worse else 'none'} worse"


def luck_in_words(comparison: Comparison) -> str:
    """Such as "not luck (p = 0.0009)"."""
    if not (comparison.fixed or comparison.broke or comparison.difference):
        return "no difference"
    words = {BETTER: "not luck", WORSE: "worse, and not luck", UNPROVEN: UNPROVEN}[verdict_of(comparison)]
    return f"{words} ({p_in_words(comparison.p)})"


def rows_for_evidence(comparison: Comparison) -> int | None:
    """About how many rows it takes until the difference is not luck, if further rows go the same way: by McNemar's test
    with Edwards' correction, rounded up to two digits. None where no more was fixed than broken, and of other measures
    than right and wrong."""
    gain = len(comparison.fixed) - len(comparison.broke)
    if gain <= 0 or comparison.graded or comparison.measure:
        return None
    least = 2 * gain + CHI_SQUARED * (len(comparison.fixed) + len(comparison.broke))
    times = (least + math.sqrt(least**2 - 4 * gain**2)) / (
        2 * gain**2
    )  # (times * gain - 1)**2 = 3.84 * times * moved
    return two_digits(times * comparison.n)


def two_digits(number: float) -> int:
    """Rounded up: 108.1 is 110."""
    unit: int = 10 ** max(0, len(str(math.ceil(number))) - 2)
    return math.ceil(number / unit) * unit


def verdict_of(comparison: Comparison) -> str:
    """BETTER or WORSE with evidence, else UNPROVEN."""
    if comparison.p >= EVIDENCE:
        return UNPROVEN
    return BETTER if comparison.balance > 0 else WORSE


def comparison_in_requests(comparison: Comparison) -> str:
    """The sentence as the heavyweight model reads it, and as runs before version 0.2 have stored it. Not a byte
    may change: a resumed run finds its replies by its whole requests."""
    if comparison.n == 0:
        return NOTHING
    moved = f"fixed {len(comparison.fixed):,}, broke {len(comparison.broke):,}"
    moved += f", {comparison.measure}" if comparison.measure else ""
    verdict = verdict_of(comparison)
    verdict = "no evidence of a difference" if verdict == UNPROVEN else verdict
    return f"{moved}: {verdict} ({p_in_words(comparison.p)})"


def reason_in_words(verdict: Verdict) -> str:
    """The reason of a verdict; one stored in earlier words in those of today."""
    if verdict.comparison is None:
        return verdict.reason
    earlier = comparison_in_requests(verdict.comparison)
    return verdict.reason.replace(earlier, comparison_in_words(verdict.comparison))


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
