"""One decision: which rules are taken out again.

Rules pile up, and a wrong one that slipped in costs rows for good. So each rule is left out in turn and the same rows are read again: the
mistakes, which a wrong rule may have caused, and rows that are right, which a good one may hold. Some rows change with any change of
the prompt; what counts is what leaving out this rule changes beyond what leaving out another one does.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.loop.hypotheses import without
from core.loop.search import Rule, Search
from core.measure.comparison import compare, in_words
from core.measure.metrics import is_mistake, right
from core.types import Decision, Edit, Example, Prediction, Step, Trial, Verdict

HARM = 1.5  # rows that a prompt must gain beyond luck by leaving a rule out
FEWEST_ROWS = 6
MOST_ROWS = 48  # read for one rule


@dataclass(frozen=True, slots=True)
class Ablation:
    """What leaving out a rule changed: rows read, and those of them that became right or wrong."""

    rule: Rule
    read: dict[str, Prediction]
    fixed: int
    broke: int
    mistakes: int


def prune(search: Search, number: int) -> Step | None:
    """Takes out the rules that hurt; None where there are too few rules, or calls, to tell."""
    if not search.ideas.prune or search.settings.strategy != "edit" or len(search.rules) < 2:
        return None
    left = search.crew.account.left("lightweight")
    spare = len(search.rules) * MOST_ROWS if left is None else left - search.plan.kept_back
    size = min(spare // len(search.rules), MOST_ROWS)
    if size < FEWEST_ROWS:
        return None
    ablations = [_left_out(rule, search, size) for rule in list(search.rules)]
    luck = sum(each.fixed for each in ablations) / max(sum(each.mistakes for each in ablations), 1)
    harmful = [each for each in ablations if _harm(each, luck) >= HARM]
    prompt, changed = search.standing.prompt, {}
    for each in harmful:
        prompt = without(prompt, each.rule.line)
        changed |= each.read
    trials = [_record(each, luck) for each in ablations]
    if not harmful:
        verdict = Verdict(Decision.UNDECIDED, f"Each of {len(ablations)} rules was left out in turn: none of them hurts.")
        return search.step(number, None, None, None, None, verdict, trials)
    old = search.standing.validation
    search.go_on_with(prompt, number, changed, exact=False)
    search.rules = [rule for rule in search.rules if all(rule is not each.rule for each in harmful)]
    if search.plan.whole:
        search.make_exact()
    comparison = compare(search.plan.validation, old.predictions, search.standing.validation.predictions)
    verdict = Verdict(Decision.ACCEPTED, f"Took out {len(harmful)} of {len(ablations)} rules: {in_words(comparison)}", comparison)
    return search.step(number, prompt, None, search.standing.validation, None, verdict, trials)


def _harm(ablation: Ablation, luck: float) -> float:
    """Rows that the prompt gains without the rule, beyond those that any change would win."""
    return ablation.fixed - luck * ablation.mistakes - ablation.broke


def _record(ablation: Ablation, luck: float) -> Trial:
    words = f"without it {ablation.fixed} fixed, {ablation.broke} broke"
    decision = Decision.ACCEPTED if _harm(ablation, luck) >= HARM else Decision.REJECTED
    return Trial(Edit("system_prompt", ablation.rule.line, ""), Verdict(decision, words))


def _left_out(rule: Rule, search: Search, size: int) -> Ablation:
    rows = rows_about(rule, search, size)
    read = search.read(without(search.standing.prompt, rule.line), rows, "Leaving out one rule at a time")
    after = {each.example_id: each for each in read.predictions}
    before = search.known
    fixed = sum(is_mistake(before[row.id], row.label) and right(after[row.id], row.label) for row in rows)
    broke = sum(right(before[row.id], row.label) and is_mistake(after[row.id], row.label) for row in rows)
    return Ablation(rule, after, fixed, broke, sum(is_mistake(before[row.id], row.label) for row in rows))


def rows_about(rule: Rule, search: Search, size: int) -> list[Example]:
    """Rows that are now given one of the rule's labels, most like its words first: half of them mistakes, where there are so many."""
    rows = search.trusted(row for row in (*search.plan.validation, *search.parts["train"]) if row.id in search.known)
    apt = [row for row in rows if not rule.names or search.known[row.id].label in rule.names]
    if not apt:
        return []
    alike = dict(zip([row.id for row in apt], search.likeness.to_texts([rule.line], [row.id for row in apt])[0], strict=True))
    ranked = sorted(apt, key=lambda row: (-alike[row.id], row.id))
    wrong = [row for row in ranked if is_mistake(search.known[row.id], row.label)]
    held = [row for row in ranked if right(search.known[row.id], row.label)]
    half = max(size // 2, size - len(held))
    return [*wrong[:half], *held[: size - len(wrong[:half])]]
