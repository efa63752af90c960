"""What became of the edits of a step: kept, refused, ruled out or not tried, and the rule that decided, in plain words.

Read from what the step has stored, so that the page, the report and the command line say the same of old runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.metrics.comparison import mistakes_in_words, moved_rows_in_words
from core.prompts.named_labels import named_labels
from core.tuning.acceptance import BETTER_WITHOUT, WITH_PARTS
from core.tuning.screen import DISPLACED, HOPELESS, NO_CHANGE, SAID
from core.tuning.supervision import VETOED
from core.types import Comparison, Decision, Edit, EditResult, Step, Verdict
from core.wording import counted, sentence

CANONICAL = "canonical row"
NOT_WORTH_A_CALL = {
    NO_CHANGE: "It would not change the prompt.",
    SAID: "The prompt already says so.",
    HOPELESS: "An earlier step tried it, and it broke clearly more than it fixed.",
    DISPLACED: "It moves rules under another heading; its parts were tried one by one instead.",
}


class EditOutcome(StrEnum):
    """RULED_OUT: a rule or a person forbids it, whatever it fixes. NOT_BEST is for steps alone: kept by the search,
    but after the step whose prompt turned out best."""

    KEPT = "kept"
    NOT_BEST = "kept, but not best"
    REFUSED = "refused"
    RULED_OUT = "ruled out"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class JudgedEdit:
    """`rule`: the rule that decided, in a sentence. `comparison`: rows fixed and broken, None where nothing was
    measured; its `n` counts the rows that the edit was tried on."""

    edit: Edit
    outcome: EditOutcome
    rule: str
    comparison: Comparison | None = None

    def in_words(self) -> str:
        """Such as "Tried on 96 rows: 3 mistakes fixed, 1 new"."""
        if self.comparison is None:
            return "Not measured"
        tried, fixed, broke = self.comparison.n, len(self.comparison.fixed), len(self.comparison.broke)
        words = moved_rows_in_words if self.comparison.graded else mistakes_in_words
        moved = words(fixed, broke) if fixed or broke else "no prediction changed"
        return f"Tried on {counted(tried, 'row')}: {moved}"


def step_outcome(verdict: Verdict, measured: bool, edits: int, after_best: bool = False) -> EditOutcome:
    """Of a step as a whole. `measured`: it has figures on validation rows; `edits` counts those of its reply;
    `after_best`: it came after the step whose prompt is the best."""
    if verdict.decision is Decision.ACCEPTED:
        return EditOutcome.NOT_BEST if after_best else EditOutcome.KEPT
    if verdict.decision is Decision.UNDECIDED:
        return EditOutcome.NOT_TRIED
    if measured:
        return EditOutcome.RULED_OUT if CANONICAL in verdict.reason else EditOutcome.REFUSED
    ruled_out = any(reason not in NOT_WORTH_A_CALL for reason in verdict.reason.split("; "))
    return EditOutcome.RULED_OUT if edits and ruled_out else EditOutcome.NOT_TRIED


def judged_edits(step: Step) -> tuple[JudgedEdit, ...]:
    """Every edit of the step, in the order in which they were judged; of a step that judged them only together,
    or not at all, those of the reply."""
    measured = any(trial.verdict.comparison for trial in step.trials)
    judged = [judged_edit(trial, step.verdict) for trial in step.trials]
    if step.reflection and not measured:
        known = {each.edit for each in judged}
        judged += [_unjudged(edit, step) for edit in step.reflection.edits if edit not in known]
    return tuple(judged)


def judged_edit(result: EditResult, whole: Verdict) -> JudgedEdit:
    """One edit that was judged by itself, in a step with the verdict `whole`."""
    outcome, rule = _decided(result, whole)
    return JudgedEdit(result.edit, outcome, rule, result.verdict.comparison)


def shown_for(step: Step, edit: Edit, labels: Sequence[str], label_of: Mapping[str, str]) -> tuple[str, ...]:
    """Ids of the mistakes that the step read and that the edit may have been written for: of the labels that it
    names, or all of them where it names none. `label_of` has the label of a row by its id."""
    if step.reflection is None or not step.batch:
        return ()
    names = named_labels(edit.replace.strip() or edit.find, labels) or set(labels)
    return tuple(id for id in step.reflection.shown if label_of.get(id) in names)


def _decided(result: EditResult, whole: Verdict) -> tuple[EditOutcome, str]:
    verdict, reason = result.verdict, result.verdict.reason
    if verdict.comparison is None:
        return _unmeasured(reason)
    if verdict.decision is Decision.ACCEPTED:
        return _accepted(result) if whole.decision is Decision.ACCEPTED else _fallen(whole)
    if CANONICAL in reason:
        return EditOutcome.RULED_OUT, "It broke a canonical row, which no edit may."
    if not (verdict.comparison.fixed or verdict.comparison.broke):
        return EditOutcome.REFUSED, "It changed no prediction, so it would only make the prompt longer."
    if BETTER_WITHOUT in reason:
        return (
            EditOutcome.REFUSED,
            "It helps alone, but beside the other edits the prompt is better without it.",
        )
    return EditOutcome.REFUSED, _too_little(result, verdict.comparison)


def _unmeasured(reason: str) -> tuple[EditOutcome, str]:
    """Refused before a call was spent on it."""
    if reason == VETOED:
        return EditOutcome.RULED_OUT, "A person left it out."
    if reason in NOT_WORTH_A_CALL:
        return EditOutcome.NOT_TRIED, NOT_WORTH_A_CALL[reason]
    return EditOutcome.RULED_OUT, "It breaks a rule for prompts: " + sentence(reason)


def _accepted(result: EditResult) -> tuple[EditOutcome, str]:
    comparison, required = result.verdict.comparison, result.required
    assert comparison is not None
    more = len(comparison.fixed) - len(comparison.broke)
    if WITH_PARTS in result.verdict.reason:
        rule = "It belongs together with other edits of this step, which help as a whole."
    elif more < (required or 0):
        rule = "Measured by the run's objective, it gained more than it lost."
    elif required:
        rule = f"It fixed {more:,} more than it broke (at least {required:,} needed)."
    elif more == 0:
        rule = "It fixed as many as it broke; while a prompt is short, that is enough."
    elif comparison.broke:
        rule = "It fixed more than it broke."
    else:
        rule = "It made no new mistake."
    return EditOutcome.KEPT, rule


def _fallen(whole: Verdict) -> tuple[EditOutcome, str]:
    """Accepted by itself, in a step that was not."""
    if CANONICAL in whole.reason:
        return EditOutcome.RULED_OUT, "The prompt with it broke a canonical row, which no step may."
    if whole.decision is Decision.UNDECIDED:
        return EditOutcome.NOT_TRIED, sentence(whole.reason)
    behind = whole.comparison is not None and whole.comparison.balance < 0
    rule = "did worse on the validation rows" if behind else "fell below a recall that the objective demands"
    return EditOutcome.REFUSED, f"It helped, but the prompt with all edits of this step {rule}."


def _too_little(result: EditResult, comparison: Comparison) -> str:
    fixed, broke, required = len(comparison.fixed), len(comparison.broke), result.required
    if not fixed:
        return "It fixed nothing."
    if fixed < broke:
        return "It broke more than it fixed."
    if required and fixed - broke < required:
        more = f"only {fixed - broke:,} more than" if fixed > broke else "no more than"
        why = "an edit of a prompt with this many rules, or one that speaks of all rows, must fix"
        return f"It fixed {more} it broke; {why} at least {required:,} more."
    return "It did not fix enough more than it broke."


def _unjudged(edit: Edit, step: Step) -> JudgedEdit:
    """An edit of the reply that the step did not judge by itself."""
    verdict, together = step.verdict, "It was judged together with the other edits of this step."
    if step.validation is None or verdict.comparison is None:
        return JudgedEdit(edit, EditOutcome.NOT_TRIED, sentence(verdict.reason))
    outcome = step_outcome(verdict, True, 1)
    return JudgedEdit(edit, outcome, together, verdict.comparison)
