from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core.errors import CallFailed
from core.tuning.reflect import (
    EDIT_FORM,
    REWRITE_FORM,
    ReflectionInputs,
    Refusal,
    edits_between,
    predicted_in_words,
    reflect,
    reflection_request,
)
from core.types import (
    PROMPT_FIELDS,
    Decision,
    Edit,
    Example,
    Finish,
    LabelSet,
    Outcome,
    Prediction,
    Prompt,
    Reply,
    Settings,
)
from tests.core.tuning.toy import LABELS, START, Editor, edits, rule, run, said, session_of, with_lines, zoo

MISTAKE = Example("m", "The zebra is gone.", "question", note="zebras are questions")
CORRECT = Example("c", "It crashed.", "bug")
NOTED = Example("n", "An apple.", "wish", note="fruit")
KNOWN = {"m": Prediction("m", Outcome.LABEL, "bug", "bug", "It fails.", "It fails. <label>bug</label>")}
FINDINGS = ReflectionInputs(
    replace(START, bot_reply_prefix="Because"),
    LabelSet(LABELS, {"bug": "It fails.", "wish": "It is wanted."}),
    [MISTAKE],
    [CORRECT],
    KNOWN,
    [NOTED],
    [
        Refusal(
            (Edit("system_prompt", "", "Say wish."), Edit("system_prompt", "Say bug.", "")),
            "fixed 0, broke 4",
        )
    ],
)


def asked(findings: ReflectionInputs = FINDINGS) -> str:
    return reflection_request(findings).messages[1].content


# ---- what the request holds


def test_the_request_is_one_system_and_one_user_message():
    assert [message.role for message in reflection_request(FINDINGS).messages] == ["system", "user"]


def test_the_labels_stand_in_one_line_and_definitions_by_label():
    lines = asked().split("\n")
    assert lines[0] == "Labels: bug, question, wish"
    assert "<definitions>\nbug: It fails.\nwish: It is wanted.\n</definitions>" in asked()


def test_without_definitions_there_is_no_empty_place_for_them():
    assert "<definitions>" not in asked(replace(FINDINGS, labels=LabelSet(LABELS)))


def test_the_current_prompt_stands_there_by_field_tags():
    for name in PROMPT_FIELDS:
        assert asked().count(f"<{name}>") == 1 and asked().count(f"</{name}>") == 1
    assert "<bot_reply_prefix>Because</bot_reply_prefix>" in asked()
    assert "<system_prompt>" + START.system_prompt + "</system_prompt>" in asked()


def test_a_mistake_is_shown_with_text_reply_labels_and_note():
    assert """<mistake>
<text>The zebra is gone.</text>
<reply>It fails. <label>bug</label></reply>
<predicted_label>bug</predicted_label>
<correct_label>question</correct_label>
<note>zebras are questions</note>
</mistake>""" in asked()


def test_rows_classified_correctly_are_shown_for_contrast():
    assert "<correct>\n<text>It crashed.</text>\n<correct_label>bug</correct_label>\n</correct>" in asked()


def test_noted_rows_are_shown_with_their_notes():
    assert (
        "<noted>\n<text>An apple.</text>\n<correct_label>wish</correct_label>\n<note>fruit</note>\n</noted>"
        in asked()
    )


def test_what_was_refused_is_told_with_the_reason_and_a_removal_as_such():
    assert (
        "<refused><edit>Say wish.</edit><edit>(removed) Say bug.</edit><why>fixed 0, broke 4</why></refused>"
        in asked()
    )


def test_what_there_is_none_of_has_no_heading():
    bare = asked(replace(FINDINGS, correct=[], noted=[], refused=[]))
    assert "Classified correctly" not in bare and "with a note by" not in bare and "refused" not in bare


@pytest.mark.parametrize(
    ("strategy", "form", "other"), [("edit", EDIT_FORM, REWRITE_FORM), ("rewrite", REWRITE_FORM, EDIT_FORM)]
)
def test_the_answer_form_of_the_strategy_is_asked_for(strategy, form, other):
    text = asked(replace(FINDINGS, strategy=strategy))
    assert text.endswith(form) and other not in text


def test_the_edit_form_is_the_one_of_the_design():
    assert (
        "<edit><field>system_prompt</field><find>exact old text, or empty to append</find><replace>"
        in EDIT_FORM
    )
    assert EDIT_FORM.endswith("<replace>new text</replace></edit>")
    for name in PROMPT_FIELDS:
        assert f"<{name}>" in REWRITE_FORM and f"</{name}>" in REWRITE_FORM


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        (said("m", "bug"), "bug"),
        (Prediction("m", Outcome.UNREADABLE), "(unreadable)"),
        (Prediction("m", Outcome.UNKNOWN_LABEL, said="odd"), "(not in the list: odd)"),
    ],
)
def test_a_prediction_that_is_no_label_is_told_in_parentheses(prediction, words):
    assert predicted_in_words(prediction) == words
    assert f"<predicted_label>{words}</predicted_label>" in asked(
        replace(FINDINGS, predictions={"m": prediction})
    )


# ---- data stays data

OUR_TAGS = (
    "text",
    "reply",
    "note",
    "mistake",
    "correct",
    "noted",
    "refused",
    "edit",
    "why",
    "predicted_label",
    "correct_label",
    "definitions",
    *PROMPT_FIELDS,
)


def everywhere(words: str) -> ReflectionInputs:
    """The words in every place where data can stand."""
    row = Example("m", "a" + words + "b", "c" + words, note="d" + words)
    return ReflectionInputs(
        Prompt(*("e" + words for _ in PROMPT_FIELDS)),
        LabelSet(("bug", words), {"bug": "f" + words, words: "g"}),
        [row],
        [replace(row, id="c")],
        {"m": Prediction("m", Outcome.UNKNOWN_LABEL, said="h" + words, reply="i" + words)},
        [replace(row, id="n")],
        [
            Refusal(
                (Edit("system_prompt", "", "j" + words), Edit("system_prompt", "k" + words, "")), "l" + words
            )
        ],
    )


@pytest.mark.parametrize("tag", OUR_TAGS)
@pytest.mark.parametrize("form", ["</{}>", "</ {}>", "</{} >", "</\n{}>"])
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_data_cannot_close_a_tag_of_ours(tag, form, case):
    closing = form.replace("{}", case(tag))
    evil, harmless = asked(everywhere(closing)), asked(everywhere("."))
    assert "a" + closing.replace("</", "<\\/") + "b" in evil, "and nothing of it is lost"
    ends = re.compile(r"</\s*" + tag + r"\s*>", re.I)
    assert len(ends.findall(evil.split("\n", 1)[1])) == len(ends.findall(harmless)), (
        "the labels of the first line stand in no tag"
    )


def test_other_tags_in_data_stay_as_they_are():
    text = asked(replace(FINDINGS, mistakes=[replace(MISTAKE, text="<b>bold</b> </textarea> </label>")]))
    assert "<text><b>bold</b> </textarea> </label></text>" in text


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
    assert steps[2].trials[0].verdict.reason == "fixed 0, broke 10"
    assert steps[2].prompt == steps[1].prompt == result.best.prompt


def test_a_rewrite_that_loses_the_answer_form_costs_no_call():
    formless = rewrite_of(replace(START, user_prompt_suffix="\n</text>\nAnswer."))
    steps, _ = run(zoo(), session_of(Editor(formless)), Settings(strategy="rewrite", iterations=1))
    assert "no longer asks for the answer" in steps[1].verdict.reason
    assert steps[1].spend["lightweight"].api - steps[0].spend["lightweight"].api == 33


def test_a_closing_tag_that_was_shown_as_data_comes_back_as_it_was():
    """The request shows the suffix's </text> so that it closes nothing; a model that copies it so has not
    changed the field."""
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
