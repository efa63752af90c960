"""Every rule by which something is accepted or refused: an edit, a candidate, examples, the best prompt, the claim.

While searching, what breaks more than it fixes is refused, and a long prompt asks for more than a tie; whether
a gain is proven is noted, not demanded. A strict gate on few noisy examples throws small true gains away; the
strict claim is made once, at the end, on examples nobody looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.metrics.comparison import EVIDENCE, comparison_in_words, moves_in_words, p_in_words
from core.metrics.metrics import answer_score, is_mistake, right
from core.metrics.objective_guards import below_floors, floor_in_words
from core.metrics.objectives import answer_of, objective_score
from core.metrics.stakes import Stakes
from core.tuning.attribution import Attribution
from core.tuning.incumbents import Incumbent
from core.types import (
    Comparison,
    Decision,
    Evaluation,
    Example,
    Objective,
    Outcome,
    Prediction,
    Verdict,
)
from core.types.objectives import SCORE
from core.wording import counted

DAMAGE_LIMIT = 0.02  # share of failed calls above which figures decide nothing
RULES_PER_ROW = 5  # for every so many rules in the prompt, a newcomer must bring one row more
SWEEPING = 2  # rows more that an edit must bring that is not specific
CLEARLY_WORSE = 3  # rows broken more than fixed, from which on an edit is not tried again
STARTING_PROMPT = "The starting prompt: what every candidate is compared with."


def left_out_at_start(reason: str) -> str:
    """What the reason of step 0 says of rows that are examples of the starting prompt; "" where there are none."""
    return reason.partition(STARTING_PROMPT)[2].strip()


WITH_PARTS = "kept with the parts it belongs to"  # these two also say which rule decided (outcomes.py)
BETTER_WITHOUT = "but the prompt is better without it"
HAIR = 1e-9  # of a row: what sums of floats may lack of a tie


def damage(*evaluations: Evaluation) -> str:
    """A sentence when too many calls failed for any decision, else empty."""
    failed = sum(evaluation.metrics.failed for evaluation in evaluations)
    calls = sum(len(evaluation.predictions) for evaluation in evaluations)
    if failed <= DAMAGE_LIMIT * calls:
        return ""
    return f"{failed} of {calls} calls failed, so this step takes no decision."


# ---- one edit of a reply


def gain_in_rows(moves: Attribution, stakes: Stakes | None = None) -> float:
    """What the moves are worth in rows: those fixed less those broken, each counted by the objective of the
    stakes."""
    return stakes.gain(moves.fixed, moves.broke) if stakes else len(moves.fixed) - len(moves.broke)


def rows_required(rules: int, specific: bool) -> int:
    """So many rows more than it breaks an edit must fix: none in a short prompt, more in one with many `rules`,
    and for an edit that is not specific."""
    return rules // RULES_PER_ROW + (0 if specific else SWEEPING)


def judge_edit(
    moves: Attribution, rules: int, stakes: Stakes | None = None, specific: bool = True
) -> Decision:
    """Undecided if it moved nothing; accepted if it fixed rows, and enough more than it broke.

    Rows move by luck with every change of a prompt. Early proposals are more often right than wrong, so a tie
    speaks for them; once the prompt holds many `rules`, most of what is right is in it, and a newcomer must
    bring more. One that is not `specific` must bring more from the start: it names no label, so nobody can say
    which of the rows that moved are its own, or it speaks of all rows, of which the trial read those like it.
    """
    if not moves.all:
        return Decision.UNDECIDED
    enough = gain_in_rows(moves, stakes) >= rows_required(rules, specific) - HAIR
    return Decision.ACCEPTED if moves.fixed and enough else Decision.REJECTED


def disputed(moves: Attribution, rivals: bool) -> bool:
    """Whether its moves count only when they happen again with this edit alone: it broke something, or
    `rivals`, tried at the same time, may have moved the same rows."""
    return bool(moves.all) and (bool(moves.broke) or rivals)


def hopeless(moves: Attribution, stakes: Stakes | None = None) -> bool:
    """Whether trying it again, should it be proposed again, would be a waste of calls."""
    return gain_in_rows(moves, stakes) <= HAIR - CLEARLY_WORSE


# ---- a prompt against the one before it


def judge_candidate(comparison: Comparison, whole: bool, floors: str = "") -> Verdict:
    """The prompt with the accepted edits of a reply: refused where the `whole` validation part was evaluated
    and it is behind there, and where it falls below `floors`, in words. Of a sample the verdicts of the edits
    stand."""
    lost = bool(floors) or (whole and comparison.balance < -HAIR)
    words = comparison_in_words(comparison)
    return Verdict(
        Decision.REJECTED if lost else Decision.ACCEPTED,
        f"{words}; {floors}" if floors else words,
        comparison,
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
    return Verdict(Decision.REJECTED, with_canonical(verdict.reason, broken), verdict.comparison)


def with_canonical(reason: str, broken: Sequence[str]) -> str:
    """The reason with the canonical rows that would break, on screen and in requests alike."""
    return f"it breaks {counted(len(broken), 'canonical row')}; {reason}" if broken else reason


def fallen_below(objective: Objective, before: Evaluation, after: Evaluation) -> str:
    """The recalls that are below their floors and were not before, in words; empty for none."""
    earlier = below_floors(objective, before.metrics)
    fallen = [label for label in below_floors(objective, after.metrics) if label not in earlier]
    return floor_in_words(objective, after.metrics, fallen)


def judge_examples(comparison: Comparison, what: str, damaged: str, floors: str = "") -> Verdict:
    """The prompt with examples in it, `what` in words: they make every call longer, so a tie speaks against
    them, and so does a recall that falls below `floors`."""
    better = comparison.balance > HAIR and not floors
    decision = Decision.UNDECIDED if damaged else Decision.ACCEPTED if better else Decision.REJECTED
    words = f"With {what}: {comparison_in_words(comparison)}" + (f"; {floors}" if floors else "")
    return Verdict(decision, damaged or words, comparison)


def loses(comparison: Comparison | None) -> bool:
    """Whether a shorter prompt loses on balance against the longer one, or nothing can be concluded."""
    return comparison is None or comparison.n == 0 or comparison.balance < -HAIR


# ---- the end of a run


def best_of(
    incumbents: Sequence[Incumbent], examples: Sequence[Example], objective: Objective = Objective()
) -> Incumbent:
    """The best one on those of the (validation) examples that all of them answered, the latest of equals, among
    those that keep the floors of the objective where any does. With failed calls left out on every side, none
    gains by a call that failed."""
    common = set.intersection(*(_answered(each.validation) for each in incumbents))
    truth = {example.id: example.label for example in examples if example.id in common}
    within = [each for each in incumbents if not below_floors(objective, each.validation.metrics)]
    scores = {each.step: round(_score(objective, each.validation, truth), 12) for each in incumbents}
    return max(within or incumbents, key=lambda each: (scores[each.step], each.step))


def _answered(evaluation: Evaluation) -> set[str]:
    return {each.example_id for each in evaluation.predictions if each.outcome is not Outcome.FAILED}


def _score(objective: Objective, evaluation: Evaluation, truth: dict[str, str]) -> float:
    if objective.kind != SCORE:
        return objective_score(objective, *_answers(evaluation, truth))
    scores = [
        answer_score(each, truth[each.example_id])
        for each in evaluation.predictions
        if each.example_id in truth
    ]
    return sum(scores) / len(scores) if scores else 0.0


def _answers(evaluation: Evaluation, truth: dict[str, str]) -> tuple[list[str], list[str]]:
    read = [each for each in evaluation.predictions if each.example_id in truth]
    return [truth[each.example_id] for each in read], [answer_of(each) for each in read]


def claim(comparison: Comparison, damaged: str = "", weak: str = "", missed: str = "") -> Verdict:
    """The strict verdict at the end: better or worse only with evidence (the objective's paired test, p < 0.05).
    What is `weak`, by a sentence's end such as "it never answers “spam”", is not called better; `missed` names
    the floors it is below."""
    if damaged:
        return Verdict(Decision.UNDECIDED, damaged, comparison)
    words, better = comparison_in_words(comparison), comparison.p < EVIDENCE and comparison.balance > 0
    if better and weak:
        moved = f"{moves_in_words(comparison)} ({p_in_words(comparison.p)})"
        words = f"{moved}, but not called an improvement, since {weak}"
    if missed:
        words += f"; {missed}"
    if comparison.p >= EVIDENCE or (better and weak):
        return Verdict(Decision.UNDECIDED, words, comparison)
    return Verdict(Decision.ACCEPTED if better else Decision.REJECTED, words, comparison)


def is_withheld(verdict: Verdict | None) -> bool:
    """Whether there is evidence of a gain in it that `claim` does not call an improvement."""
    compared = verdict.comparison if verdict else None
    gained = compared is not None and compared.p < EVIDENCE and compared.balance > 0
    return gained and verdict is not None and verdict.decision is Decision.UNDECIDED
