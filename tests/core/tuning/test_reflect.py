from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import CallFailed
from core.tuning.reflect import edits_between, reflect
from core.tuning.reflection_request import ReflectionInputs, reflection_request
from core.types import PROMPT_FIELDS, Decision, Edit, Finish, Prompt, Reply, Settings
from tests.core.tuning.test_reflection_request import FINDINGS, asked
from tests.core.tuning.toy import START, Editor, edits, rule, run, session_of, with_lines, zoo

# ---- what comes back


def reflected(reply, findings: ReflectionInputs = FINDINGS):
    return reflect(session_of(Editor(reply)), findings)


def test_the_edits_of_a_reply_are_read():
    reflection = reflected("Let me see.\n" + edits("Say question."))
    assert reflection.edits == (Edit("system_prompt", "", "Say question."),)
    assert (
        reflection.shown == ("m",)
        and reflection.problem == ""
        and reflection.request == reflection_request(FINDINGS)
    )


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("Nothing to say.", "The reply holds no <edit> block: there is nothing to try."),
        (
            edits("Say wish.")[:-7],
            "The reply is cut off: an <edit> has no </edit>, so nothing of it is used.",
        ),
        (
            Reply(edits("Say wish."), Finish.LENGTH),
            "The reply ended early (length), so nothing of it is used.",
        ),
        (
            Reply(edits("Say wish."), Finish.REFUSAL),
            "The reply ended early (refusal), so nothing of it is used.",
        ),
        (CallFailed("The line went dead."), "The heavyweight model did not answer: The line went dead."),
    ],
)
def test_a_reply_that_cannot_be_used_becomes_a_problem_in_a_sentence(reply, problem):
    reflection = reflected(reply)
    assert reflection.problem == problem and reflection.edits == ()


@pytest.mark.parametrize(
    "reply", ["Nothing to say.", Reply(edits(rule("zebra", "question")), Finish.LENGTH), CallFailed("Dead.")]
)
def test_a_step_with_an_unusable_reply_costs_no_lightweight_call_beyond_its_look(reply):
    steps, result = run(zoo(), session_of(Editor(reply)), Settings(iterations=1))
    assert (
        steps[1].verdict.decision is Decision.REJECTED
        and steps[1].verdict.reason == steps[1].reflection.problem != ""
    )
    assert steps[1].candidate is None and steps[1].trials == ()
    assert steps[1].spend["lightweight"].api - steps[0].spend["lightweight"].api == 33
    assert result.best.step == 0


def test_a_rewrite_becomes_an_edit_for_each_field_that_changed():
    after = replace(START, system_prompt="New.", user_prompt_suffix="End.")
    assert edits_between(START, after) == (
        Edit("system_prompt", START.system_prompt, "New."),
        Edit("user_prompt_suffix", START.user_prompt_suffix, "End."),
    )
    assert edits_between(START, START) == ()


# ---- the rewrite strategy from end to end


def rewrite_of(prompt: Prompt) -> str:
    return "\n".join(f"<{name}>{getattr(prompt, name)}</{name}>" for name in PROMPT_FIELDS)


REWRITE = Settings(strategy="rewrite", iterations=2)


def test_a_better_rewrite_is_kept_and_a_worse_one_refused():
    good, bad = (
        with_lines(rule("zebra", "question"), rule("apple", "wish")),
        with_lines(rule("crash", "wish")),
    )
    steps, result = run(zoo(), session_of(Editor(rewrite_of(good), rewrite_of(bad))), REWRITE)
    assert [step.verdict.decision for step in steps] == [
        Decision.ACCEPTED,
        Decision.ACCEPTED,
        Decision.UNDECIDED,
    ]
    assert steps[1].validation.metrics.correct == 15
    assert steps[2].reflection is None and "No mistakes" in steps[2].verdict.reason
    assert result.best.prompt.system_prompt.strip() == good.system_prompt.strip()


def test_a_worse_rewrite_is_refused_with_the_rows_it_broke():
    good, worse = with_lines(rule("zebra", "question")), with_lines(rule("crash", "question"))
    steps, result = run(zoo(), session_of(Editor(rewrite_of(good), rewrite_of(worse))), REWRITE)
    assert steps[2].verdict.decision is Decision.REJECTED
    assert steps[2].trials[0].verdict.reason == "no mistake fixed, 10 new"
    assert steps[2].prompt == steps[1].prompt == result.best.prompt


def test_a_rewrite_that_loses_the_answer_form_costs_no_call():
    formless = rewrite_of(replace(START, user_prompt_suffix="\n</text>\nAnswer."))
    steps, _ = run(zoo(), session_of(Editor(formless)), Settings(strategy="rewrite", iterations=1))
    assert "no longer asks for the answer" in steps[1].verdict.reason
    assert steps[1].spend["lightweight"].api - steps[0].spend["lightweight"].api == 33


def test_a_closing_tag_that_was_shown_as_data_comes_back_as_it_was():
    """Rows show "</text>" so that it closes nothing; a model that writes its fields so has not changed them."""
    copied = rewrite_of(with_lines(rule("zebra", "question"))).replace("</text>", "<\\/text>")
    steps, _ = run(zoo(), session_of(Editor(copied)), Settings(strategy="rewrite", iterations=1))
    assert (
        steps[1].verdict.decision is Decision.ACCEPTED
        and steps[1].prompt.user_prompt_suffix == START.user_prompt_suffix
    )


# ---- locked lines

FORM = START.user_prompt_suffix.split("\n")[-1]


@pytest.mark.parametrize("strategy", ["edit", "rewrite"])
def test_no_edit_touches_a_locked_line_and_the_request_lists_it(strategy: str):
    good = with_lines(rule("zebra", "question"))
    changed = replace(good, user_prompt_suffix="\n</text>\nThink. Then say <label>the label</label>")
    edits = (
        f"<edit><field>user_prompt_suffix</field><find>{FORM}</find>"
        "<replace>Think. Then say <label>the label</label></replace></edit>"
        f"<edit><field>system_prompt</field><find></find><replace>{rule('zebra', 'question')}</replace></edit>"
    )
    editor = Editor(edits if strategy == "edit" else rewrite_of(changed), rewrite_of(good))
    settings = Settings(strategy=strategy, iterations=2, locked=(FORM,))
    steps, result = run(zoo(), session_of(editor), settings)
    [refused] = [each for each in steps[1].trials if "suffix" in each.edit.field]
    assert refused.verdict.decision is Decision.REJECTED and "locked line" in refused.verdict.reason
    assert result.best.step and FORM in result.best.prompt.user_prompt_suffix
    assert result.best.prompt.system_prompt.strip() == good.system_prompt.strip()
    lines = editor.seen[0].messages[1].content.split("\n")
    assert lines[lines.index(FORM) - 1].startswith("Locked lines:")
    unlocked, _ = run(
        zoo(), session_of(Editor(rewrite_of(changed))), replace(settings, locked=(), strategy="rewrite")
    )
    assert all("locked" not in each.verdict.reason for each in unlocked[1].trials), "it is the lock"


def test_without_locked_lines_the_request_says_nothing_of_them():
    assert "Locked" not in asked()
    assert r"<\/edit>" in asked(replace(FINDINGS, locked=("</edit>",)))
