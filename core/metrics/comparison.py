"""Two prompts on the same rows: what one fixed, what it broke, and whether that is more than luck."""

from __future__ import annotations

from collections.abc import Sequence

from core.metrics.objective_words import difference_in_words
from core.metrics.objectives import PairedAnswers, answer_of, paired_test
from core.types import Comparison, Example, Objective, Outcome, Prediction
from core.types.objectives import ACCURACY

EVIDENCE = 0.05  # a difference is called one below this p

BETTER = "better"
WORSE = "worse"
NO_EVIDENCE = "no evidence of a difference"
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
    return compare_answers(answers_to(examples, before, after), objective)


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
    """Such as "fixed 21, broke 4: better (p = 0.0009)"; with another objective than accuracy "fixed 21, broke
    30, balanced accuracy +9.1 points: better (p = 0.002)"."""
    if comparison.n == 0:
        return NOTHING
    return f"{moves_in_words(comparison)}: {verdict_of(comparison)} ({p_in_words(comparison.p)})"


def moves_in_words(comparison: Comparison) -> str:
    """The same without the verdict."""
    moved = f"fixed {len(comparison.fixed):,}, broke {len(comparison.broke):,}"
    return moved + (f", {comparison.measure}" if comparison.measure else "")


def verdict_of(comparison: Comparison) -> str:
    """BETTER or WORSE with evidence, else NO_EVIDENCE."""
    if comparison.p >= EVIDENCE:
        return NO_EVIDENCE
    return BETTER if comparison.balance > 0 else WORSE


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
