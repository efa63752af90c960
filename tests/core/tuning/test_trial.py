"""Whole steps with an editor that says what it is told: what is kept, what is refused, and what that
costs."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core.tuning.session import Session
from core.types import Decision, Edit, Prompt, Request, Settings, Spend, Step
from tests.core.tuning.toy import (
    START,
    Editor,
    edit,
    edits,
    failing,
    otherwise,
    rows,
    rule,
    run,
    session_of,
    small_model,
    with_lines,
    zoo,
)

QUOTE = "They told us of the zebra on day 1 in room train7. That is a question."
GOOD, BAD, FILLER = rule("zebra", "question"), rule("crash", "wish"), "Think carefully about every word."
WISH = rule("apple", "wish")
ONE = Settings(iterations=1)


def lightweight(steps: list[Step], number: int) -> Spend:
    """What a step cost in lightweight calls."""
    before, after = (steps[n].spend["lightweight"] for n in (number - 1, number))
    return Spend(after.api - before.api, after.cached - before.cached, after.failed - before.failed)


def first_step(
    *replies: str, examples=None, settings: Settings = ONE, light=small_model
) -> tuple[Step, Session]:
    session = session_of(Editor(*replies), light)
    steps, _ = run(zoo() if examples is None else examples, session, settings)
    return steps[1], session


def decisions(step: Step) -> dict[str, tuple[Decision, str]]:
    return {
        trial.edit.replace or trial.edit.find: (trial.verdict.decision, trial.verdict.reason)
        for trial in step.trials
    }


# ---- kept and refused


@pytest.mark.parametrize(
    "settings", [ONE, Settings(iterations=1, max_calls=150)], ids=["no cap", "150 calls"]
)
def test_of_one_reply_the_good_edit_is_kept_and_the_bad_one_refused(settings):
    step, _ = first_step(edits(BAD, GOOD), settings=settings)
    assert step.verdict.decision is Decision.ACCEPTED
    assert step.prompt == step.candidate == with_lines(GOOD)
    found = decisions(step)
    assert found[GOOD][0] is Decision.ACCEPTED and found[BAD][0] is Decision.REJECTED
    assert found[BAD][1].startswith("no mistake fixed, ")


def test_each_edit_is_told_with_the_rows_it_fixed_and_broke():
    found = decisions(first_step(edits(BAD, GOOD))[0])
    assert (
        found[GOOD][1] == "16 mistakes fixed (11 of them shown), none new"
    )  # six in training, five held out
    assert found[BAD][1] == "no mistake fixed, 5 new"  # training rows that were right are not read in a trial


def test_the_verdict_compares_what_is_kept_with_what_was_on_the_validation_rows():
    step, _ = first_step(edits(BAD, GOOD))
    assert len(step.verdict.comparison.fixed) == 5 and not step.verdict.comparison.broke
    assert step.verdict.reason == "5 mistakes fixed, none new; may be luck (p = 0.062)"
    assert step.validation.metrics.correct == 10


def test_where_nothing_is_kept_the_prompt_stays():
    step, _ = first_step(edits(BAD, rule("apple", "question")))
    assert step.verdict.decision is Decision.REJECTED and step.prompt == START
    assert step.candidate != START
    assert step.verdict.reason == "no mistake fixed, 5 new; changed no prediction"


def test_an_edit_that_moves_nothing_is_undecided():
    step, _ = first_step(edits(GOOD, rule("giraffe", "wish")))
    assert decisions(step)[rule("giraffe", "wish")] == (Decision.UNDECIDED, "changed no prediction")
    assert step.prompt == with_lines(GOOD)


def test_rules_of_one_line_edit_are_judged_one_by_one():
    step, _ = first_step(edit(f"{GOOD}\n{BAD}\n{rule('apple', 'wish')}"))
    assert [each[0] for each in decisions(step).values()] == [
        Decision.ACCEPTED,
        Decision.REJECTED,
        Decision.ACCEPTED,
    ]
    assert step.validation.metrics.correct == 15


def test_a_rule_that_breaks_what_another_fixes_does_not_take_it_along():
    """Both move rows to wish; read alone, only one of them is to blame."""
    step, _ = first_step(edits(rule("apple", "wish"), BAD))
    found = decisions(step)
    assert found[rule("apple", "wish")] == (
        Decision.ACCEPTED,
        "16 mistakes fixed (11 of them shown), none new",
    )
    assert found[BAD] == (Decision.REJECTED, "no mistake fixed, 5 new")


def test_rows_whose_labels_are_contradicted_speak_for_and_against_nothing():
    """Two zebras of twenty-seven say bug. They are read, so that the figures are whole, and the rule does not answer
    for them."""
    noise = [replace(row, id=f"noise{n}") for n, row in enumerate(rows("validation", 9, "zebra", "bug")[7:])]
    step, _ = first_step(edits(GOOD), examples=[*zoo(train=20), *noise])
    assert decisions(step)[GOOD][0] is Decision.ACCEPTED and decisions(step)[GOOD][1].endswith("none new")
    assert (
        set(step.verdict.comparison.broke) == {"noise0", "noise1"} and len(step.verdict.comparison.fixed) == 5
    )


def test_an_edit_alone_answers_for_every_row_that_moved_and_beside_others_for_those_of_its_label():
    """The rule gives question and throws the model off course: it says wish of every crash."""

    def light(request: Request) -> str:
        misled = GOOD in request.messages[0].content and "crash" in request.messages[-1].content
        return "<label>wish</label>" if misled else small_model(request)

    alone, _ = first_step(edits(GOOD), light=light)
    assert decisions(alone)[GOOD] == (Decision.ACCEPTED, "16 mistakes fixed (11 of them shown), 5 new")
    assert alone.verdict.comparison.broke == tuple(f"validation-crash-bug-{n}" for n in range(5))


LOPSIDED = [
    *zoo(),
    *rows("train", 5, "odd", "wish"),
    *rows("validation", 1, "odd", "wish"),
    *rows("validation", 3, "odd", "bug", note="Sure."),
]
ODD = rule("odd", "wish")


def test_where_every_validation_row_was_read_their_count_is_the_verdict():
    """The rule fixes what the editor was shown and costs more than it brings where nobody looked."""
    step, _ = first_step(edits(ODD), examples=LOPSIDED)
    assert decisions(step)[ODD] == (Decision.ACCEPTED, "6 mistakes fixed (5 of them shown), 3 new")
    assert step.verdict.decision is Decision.REJECTED and step.prompt == START
    assert step.verdict.reason == "1 mistake fixed, 3 new; may be luck (p = 0.62)"


# ---- refused without a call


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (QUOTE, "It quotes a row word for word: an example, not a rule."),
        ("Classify the text into one of these labels: bug, question, wish.", "The prompt says so already."),
        (
            "They told us of the zebra on day 1 in room validation7. That is a question.",
            "The prompt quotes a held-out row word for word, which would spoil the measurement: state the rule instead.",
        ),
        ("Put it in <find>question</find> tags.", None),
    ],
)
def test_what_is_not_worth_a_call_is_refused_without_one(line, why):
    session = session_of(Editor(edits(line)))
    steps, _ = run(zoo(), session, ONE)
    [trial] = steps[1].trials
    assert trial.verdict.decision is Decision.REJECTED
    assert why is None or trial.verdict.reason == why
    assert lightweight(steps, 1).api == 33, "the look at the training rows, and nothing else"
    assert steps[1].candidate is None and steps[1].validation is None
    assert steps[1].verdict.decision is Decision.REJECTED and trial.verdict.reason in steps[1].verdict.reason


def test_what_is_refused_unmeasured_stands_beside_what_was_measured():
    step, _ = first_step(edits(QUOTE, GOOD))
    assert decisions(step)[QUOTE][0] is Decision.REJECTED and decisions(step)[GOOD][0] is Decision.ACCEPTED
    assert step.prompt == with_lines(GOOD)


def test_what_names_no_label_is_tried_and_falls_by_what_it_does():
    step, _ = first_step(edits(FILLER, GOOD))
    assert decisions(step)[FILLER][0] is Decision.UNDECIDED and decisions(step)[GOOD][0] is Decision.ACCEPTED
    assert step.prompt == with_lines(GOOD)


# ---- whole and apart


def reads_lists(request: Request):
    """The small model, which reads a rule behind a list mark, too."""
    system, *others = request.messages
    lines = [re.sub(r"^(- |\d+\. )", "", line) for line in system.content.split("\n")]
    return small_model(replace(request, messages=(replace(system, content="\n".join(lines)), *others)))


def an_order(*steps: str) -> str:
    return "Go through these in order:\n" + "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1))


def test_the_steps_of_an_order_stay_together_where_the_whole_helps():
    order = an_order(GOOD, FILLER)
    step, _ = first_step(edit(order), light=reads_lists)
    assert step.prompt.system_prompt.endswith(order)
    good, filler = (trial.verdict for trial in step.trials)
    assert good.decision is filler.decision is Decision.ACCEPTED
    assert filler.reason == (
        "changed no prediction; kept with the parts it belongs to, together: 16 mistakes fixed (11 of them shown), none new"
    )


def test_a_step_that_harms_is_taken_out_of_its_order_and_the_rest_counts_on():
    step, _ = first_step(edit(an_order(BAD, GOOD, FILLER)), light=reads_lists)
    assert [trial.verdict.decision for trial in step.trials] == [
        Decision.REJECTED,
        Decision.ACCEPTED,
        Decision.UNDECIDED,
    ]
    assert step.prompt.system_prompt.endswith("Go through these in order:\n1. " + GOOD)


def test_in_a_plain_list_what_does_nothing_is_left_out():
    step, _ = first_step(edit(f"- {GOOD}\n- {FILLER}"), light=reads_lists)
    assert step.prompt.system_prompt.endswith("\n- " + GOOD)


def test_a_new_form_that_gains_nothing_leaves_the_old_one():
    base = with_lines(GOOD)
    text = base.system_prompt.strip()
    restructured = edit(f"## Task\n{text}\n- {WISH}", find=text)
    step, _ = first_step(restructured, settings=replace(ONE, start=base), light=reads_lists)
    assert step.prompt.system_prompt.strip() == f"{text}\n- {WISH}"


def test_a_rewrite_that_drops_a_good_rule_keeps_it_and_wins_what_it_adds():
    hopes = otherwise("apple", "wish")
    reply = f"<system_prompt>{START.system_prompt.strip()}\n{hopes}</system_prompt>"
    step, _ = first_step(reply, settings=replace(ONE, start=with_lines(GOOD), strategy="rewrite"))
    assert GOOD in step.prompt.system_prompt and hopes in step.prompt.system_prompt


def test_a_rule_proposed_twice_in_one_reply_is_measured_once():
    again = GOOD.replace("If the text", "If the whole text")
    assert decisions(first_step(edits(GOOD, again))[0])[again] == (
        Decision.REJECTED,
        "The prompt says so already.",
    )


def test_an_edit_that_takes_the_labels_away_is_refused():
    step, _ = first_step(edit("Choose question.", find=START.system_prompt.strip()))
    assert all(trial.verdict.decision is Decision.REJECTED for trial in step.trials if trial.edit.find)
    assert "bug, question, wish" in step.prompt.system_prompt


def test_a_rule_that_did_clear_harm_is_not_tried_again():
    session = session_of(Editor(edits(BAD), edits(BAD)))
    steps, _ = run(zoo(), session, Settings(iterations=2))
    assert decisions(steps[1])[BAD] == (Decision.REJECTED, "no mistake fixed, 5 new")
    assert decisions(steps[2])[BAD] == (Decision.REJECTED, "It was refused before.")
    assert lightweight(steps, 2).api == 0, "the training rows are known, and nothing was measured"


def test_the_editor_is_told_what_was_refused_and_why():
    editor = Editor(edits(BAD), "")
    run(zoo(), session_of(editor), Settings(iterations=2))
    told = editor.seen[1].messages[1].content
    assert f"<refused><edit>{BAD}</edit><why>fixed 0, broke 5</why></refused>" in told
    assert "<refused>" not in editor.seen[0].messages[1].content


# ---- wrong rules that got in


def test_a_wrong_rule_in_the_starting_prompt_is_removed_when_the_editor_says_so():
    start = with_lines(rule("crash", "wish"), GOOD)
    step, _ = first_step(edit("", find=rule("crash", "wish")), settings=Settings(iterations=1, start=start))
    assert decisions(step)[rule("crash", "wish")] == (
        Decision.ACCEPTED,
        "16 mistakes fixed (11 of them shown), none new",
    )
    assert step.prompt == with_lines(GOOD)


def test_a_good_rule_is_not_removed_though_the_editor_says_so():
    step, _ = first_step(edit("", find=GOOD), settings=Settings(iterations=1, start=with_lines(GOOD)))
    assert decisions(step)[GOOD][0] is Decision.REJECTED and step.prompt == with_lines(GOOD)


def test_a_good_rule_overwritten_by_another_good_one_stays_beside_it():
    """Taken apart, the addition is kept and the removal refused."""
    better = otherwise("apple", "wish")
    step, _ = first_step(edit(better, find=GOOD), settings=Settings(iterations=1, start=with_lines(GOOD)))
    assert [each[0] for each in decisions(step).values()] == [Decision.ACCEPTED, Decision.REJECTED]
    assert step.prompt == with_lines(GOOD, better)


def test_a_changed_line_answers_for_the_rows_that_its_old_words_held():
    """It gives wish and was question: rows that fall back to bug are its doing, whoever else is tried beside
    it."""
    worse, fine = rule("giraffe", "wish"), otherwise("apple", "wish")
    reply = edit(worse, find=GOOD) + edit(fine)
    step, _ = first_step(reply, settings=Settings(iterations=1, start=with_lines(GOOD)))
    assert decisions(step)[worse] == (Decision.REJECTED, "no mistake fixed, 5 new")
    assert step.prompt == with_lines(GOOD, fine)


# ---- the longer the prompt, the more a newcomer must bring


def test_a_tie_speaks_for_a_rule_in_a_young_prompt_and_against_it_in_a_long_one():
    words = [f"word{n}" for n in range(5)]
    examples = [
        row for split in ("train", "validation") for word in words for row in rows(split, 4, word, "question")
    ]
    examples += [
        *rows("train", 1, "odd", "wish"),
        *rows("validation", 1, "odd", "wish"),
        *rows("validation", 2, "odd", "bug"),
    ]
    tie = rule("odd", "wish")
    early, _ = run(examples, session_of(Editor(edits(tie))), ONE)
    late, _ = run(
        examples,
        session_of(Editor(edits(*(rule(word, "question") for word in words)), edits(tie))),
        Settings(iterations=2),
    )
    assert decisions(early[1])[tie] == (Decision.ACCEPTED, "2 mistakes fixed (1 of them shown), 2 new")
    assert decisions(late[2])[tie] == (Decision.REJECTED, "2 mistakes fixed (1 of them shown), 2 new")


# ---- failed calls


def test_a_damaged_trial_takes_no_decision_and_says_so():
    dead = {row.text for row in zoo() if row.label == "question"}
    step, _ = first_step(edits(GOOD), light=failing(dead, GOOD))
    assert step.verdict.decision is Decision.UNDECIDED
    assert step.verdict.reason == "16 of 59 calls failed, so this step takes no decision."
    assert step.prompt == START and step.candidate == with_lines(GOOD)


def test_a_failed_call_is_never_counted_as_moved():
    """One call in fifty fails, which is no damage: the row is neither fixed nor broken."""
    examples = [
        *rows("train", 40, "zebra", "question"),
        *rows("train", 40, "crash", "bug"),
        *rows("validation", 40, "zebra", "question"),
        *rows("validation", 40, "crash", "bug"),
    ]
    lost = next(row for row in examples if row.split == "validation" and row.label == "question")
    kept_right = next(row for row in examples if row.split == "validation" and row.label == "bug")
    settings = Settings(iterations=1, batch_size=80, shown_mistakes=40)
    step, _ = first_step(
        edits(GOOD), examples=examples, settings=settings, light=failing({lost.text, kept_right.text}, GOOD)
    )
    assert decisions(step)[GOOD] == (Decision.ACCEPTED, "79 mistakes fixed (40 of them shown), none new")
    assert lost.id not in step.verdict.comparison.fixed and kept_right.id not in step.verdict.comparison.broke


# ---- the starting prompt's other fields


def test_an_edit_of_another_field_is_tried_whole():
    suffix = Edit("user_prompt_suffix", "", "If it asks, say question.")

    def light(request: Request) -> str:
        says = suffix.replace in request.messages[-1].content and "zebra" in request.messages[-1].content
        return "<label>question</label>" if says else small_model(request)

    step, _ = first_step(edit(suffix.replace, field=suffix.field), light=light)
    assert decisions(step)[suffix.replace] == (
        Decision.ACCEPTED,
        "16 mistakes fixed (11 of them shown), none new",
    )
    assert step.prompt == replace(START, user_prompt_suffix=START.user_prompt_suffix + "\n" + suffix.replace)


def test_every_step_goes_on_with_the_prompt_that_the_last_one_left():
    steps, result = run(
        zoo(),
        session_of(Editor(edits(GOOD), edits(BAD), edits(rule("apple", "wish")))),
        Settings(iterations=3),
    )
    prompts: list[Prompt] = [step.prompt for step in steps]
    assert prompts == [START, with_lines(GOOD), with_lines(GOOD), with_lines(GOOD, rule("apple", "wish"))]
    assert result.best.prompt == prompts[-1] and result.best.step == 3
