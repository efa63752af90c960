"""What is said of the edits of a step: what became of each, and the rule that decided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.tuning.acceptance import BETTER_WITHOUT, WITH_PARTS
from core.tuning.outcomes import EditOutcome, judged_edit, judged_edits, step_outcome
from core.tuning.supervision import VETOED
from core.types import Comparison, Decision, Edit, EditResult, Settings, Step, Verdict
from tests.core.tuning.toy import Editor, edits, failing, rows, rule, run, session_of, small_model, zoo

GOOD, BAD, IDLE = rule("zebra", "question"), rule("crash", "wish"), rule("giraffe", "wish")
QUOTE = "They told us of the zebra on day 1 in room train7. That is a question."
EDIT = Edit("system_prompt", "", "A rule.")
OK, NO = Verdict(Decision.ACCEPTED, ""), Verdict(Decision.REJECTED, "")


def first_step(reply: str, examples=None, light=small_model) -> Step:
    session = session_of(Editor(reply), light)
    return run(examples or zoo(), session, Settings(iterations=1))[0][1]


def said_of(step: Step) -> dict[str, tuple[EditOutcome, str, str]]:
    return {each.edit.replace: (each.outcome, each.rule, each.in_words()) for each in judged_edits(step)}


def rule_of(
    fixed: int, broke: int, decision: Decision, required: int | None, reason: str = "", whole=OK
) -> str:
    ids = tuple(f"r{n}" for n in range(fixed)), tuple(f"b{n}" for n in range(broke))
    verdict = Verdict(decision, reason, Comparison(40, *ids, 1.0))
    return judged_edit(EditResult(EDIT, verdict, required), whole).rule


def test_each_edit_says_what_became_of_it_on_how_many_rows_and_why():
    said = said_of(first_step(edits(BAD, GOOD, IDLE, QUOTE)))
    assert said[GOOD] == (
        EditOutcome.KEPT,
        "It made no new mistake.",
        "Tried on 37 rows: 16 mistakes fixed, none new",
    )
    assert said[BAD] == (
        EditOutcome.REFUSED,
        "It fixed nothing.",
        "Tried on 37 rows: no mistake fixed, 5 new",
    )
    assert said[IDLE][0] is EditOutcome.REFUSED and "changed no prediction" in said[IDLE][1]
    assert said[QUOTE][0] is EditOutcome.RULED_OUT and said[QUOTE][2] == "Not measured"
    assert said[QUOTE][1].startswith("It breaks a rule for prompts: It quotes a row")


def test_what_breaks_a_canonical_row_is_vetoed_whatever_it_fixes():
    examples = [*zoo(), *rows("train", 1, "crash", "bug", canonical=True)]
    assert said_of(first_step(edits(BAD), examples))[BAD][0] is EditOutcome.RULED_OUT


def test_where_too_many_calls_failed_no_edit_was_tried():
    examples = zoo()
    light = failing([row.text for row in examples if row.split == "validation"], when=GOOD)
    [judged] = judged_edits(first_step(edits(GOOD), examples, light))
    assert judged.outcome is EditOutcome.NOT_TRIED and "calls failed" in judged.rule


@pytest.mark.parametrize(
    ("fixed", "broke", "decision", "required", "says"),
    [
        (3, 0, Decision.ACCEPTED, 2, "It fixed 3 more than it broke (at least 2 needed)."),
        (
            2,
            2,
            Decision.ACCEPTED,
            0,
            "It fixed as many as it broke; while a prompt is short, that is enough.",
        ),
        (1, 2, Decision.ACCEPTED, 0, "Measured by the run's objective, it gained more than it lost."),
        (1, 2, Decision.REJECTED, 0, "It broke more than it fixed."),
        (2, 1, Decision.REJECTED, None, "It did not fix enough more than it broke."),
    ],
)
def test_the_rule_of_acceptance_that_applied_is_in_words(fixed, broke, decision, required, says):
    assert rule_of(fixed, broke, decision, required) == says


def test_a_bar_that_was_missed_is_named():
    assert "only 1 more than it broke" in rule_of(2, 1, Decision.REJECTED, 3)
    assert rule_of(2, 1, Decision.REJECTED, 3).endswith("must fix at least 3 more.")
    assert "It fixed no more than it broke; " in rule_of(2, 2, Decision.REJECTED, 1)


def test_an_edit_that_falls_or_stands_with_others_says_so():
    assert "beside the other edits" in rule_of(2, 0, Decision.REJECTED, 0, "fixed 2, " + BETTER_WITHOUT)
    assert "belongs together" in rule_of(0, 0, Decision.ACCEPTED, 0, f"moved none; {WITH_PARTS}, which …")
    behind = replace(NO, comparison=Comparison(50, ("a",), ("b", "c"), 1.0))
    assert "did worse on the validation rows" in rule_of(2, 0, Decision.ACCEPTED, 0, whole=behind)


def test_a_step_is_kept_kept_but_not_best_refused_vetoed_or_not_tried():
    assert step_outcome(OK, True, 1) is EditOutcome.KEPT
    assert step_outcome(OK, True, 1, after_best=True) is EditOutcome.NOT_BEST
    assert step_outcome(replace(NO, reason="fixed 1, broke 4"), True, 1) is EditOutcome.REFUSED
    assert step_outcome(replace(NO, reason="it breaks 1 canonical row; …"), True, 1) is EditOutcome.RULED_OUT
    assert step_outcome(replace(NO, reason=VETOED), False, 1) is EditOutcome.RULED_OUT
    assert step_outcome(replace(NO, reason="It changes nothing."), False, 1) is EditOutcome.NOT_TRIED
    assert step_outcome(replace(NO, reason="The reply ended early."), False, 0) is EditOutcome.NOT_TRIED
    assert step_outcome(Verdict(Decision.UNDECIDED, ""), True, 1) is EditOutcome.NOT_TRIED


def test_a_step_that_judged_its_edits_together_says_so():
    step = first_step(edits(GOOD))
    [judged] = judged_edits(replace(step, trials=()))
    assert judged.outcome is EditOutcome.KEPT and "together" in judged.rule
