from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core.metrics.metrics import measure
from core.tuning.reflection_request import (
    REWRITE_FORM,
    ReflectionInputs,
    Refusal,
    edit_form,
    informative_reply,
    reflection_request,
)
from core.types import (
    PROMPT_FIELDS,
    Edit,
    Example,
    LabelSet,
    Outcome,
    Prediction,
    Prompt,
)
from core.wording import predicted_in_words
from tests.core.tuning.toy import LABELS, START, said

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
    ("strategy", "form", "other"),
    [("edit", edit_form(), REWRITE_FORM), ("rewrite", REWRITE_FORM, "<edit><field>")],
)
def test_the_answer_form_of_the_strategy_is_asked_for(strategy, form, other):
    text = asked(replace(FINDINGS, strategy=strategy))
    assert text.endswith(form) and other not in text


def test_the_edit_form_is_the_one_of_the_design():
    assert (
        "<edit><field>system_prompt</field><find>exact old text, or empty to append</find><replace>"
        in edit_form()
    )
    assert edit_form().endswith("<replace>new text</replace></edit>")
    for name in PROMPT_FIELDS:
        assert f"<{name}>" in REWRITE_FORM and f"</{name}>" in REWRITE_FORM


def test_the_edit_form_names_every_field_and_says_what_an_edit_may_be():
    assert all(name in edit_form() for name in PROMPT_FIELDS)
    for words in (
        "one rule, one tie-breaker between two labels, or one complete set of definitions",
        "good edits are combined later",
        "belongs into one edit",
        "on a new line",
        "exactly as it stands",
    ):
        assert words in edit_form()


@pytest.mark.parametrize("strategy", ["edit", "rewrite"])
def test_rows_are_not_copied_and_notes_beat_labels(strategy):
    system, user = reflection_request(replace(FINDINGS, strategy=strategy)).messages
    assert "Never copy a whole row; short typical phrases and invented examples are welcome." in user.content
    assert "Where a label contradicts a note, follow the note." in system.content


def test_the_reply_prefix_can_be_edited_only_where_the_model_takes_one():
    text = asked(replace(FINDINGS, takes_prefix=False))
    assert "<bot_reply_prefix>Because</bot_reply_prefix>" in text, "the prompt is shown whole in any case"
    assert text.endswith(edit_form(False)) and "bot_reply_prefix" not in edit_form(False)


def test_what_the_user_says_of_texts_and_labels_stands_there_in_one_line():
    text = asked(replace(FINDINGS, purpose=" Mails to a zoo,\n sorted for three desks. "))
    assert "<purpose>Mails to a zoo, sorted for three desks.</purpose>" in text
    assert "<purpose>" not in asked()


def test_the_shortlist_of_labels_is_told_where_there_is_one():
    short = replace(FINDINGS, prompt=replace(FINDINGS.prompt, shortlist=20))
    assert "shown only the 20 labels likeliest for its text" in asked(short) and "likeliest" not in asked()


def test_figures_are_told_label_by_label_with_the_pairs_confused_most():
    rows = [Example(str(n), "A text.", "bug" if n < 3 else "wish") for n in range(5)]
    answers = [said("0", "bug"), said("1", "wish"), said("2", "wish"), said("3", "wish"), said("4", "bug")]
    figures = measure(rows, answers, LABELS)
    assert """<figures>
bug: 1 of 3 right
wish: 1 of 2 right
confused: bug read as wish, 2 times
labels in doubt, by what rows with similar texts say: about 8 %
</figures>""" in asked(replace(FINDINGS, figures=figures, in_doubt=0.081))


@pytest.mark.parametrize("share", [None, 0.0, 0.004])
def test_doubt_is_told_only_where_there_is_some(share):
    assert "in doubt" not in asked(replace(FINDINGS, in_doubt=share))
    assert "<figures>" not in asked()


def test_of_very_many_labels_those_with_most_mistakes_have_figures():
    names = tuple(f"label{n}" for n in range(60))
    rows = [Example(name, "A text.", name) for name in names]
    figures = measure(rows, [said(name, names[0]) for name in names], names)
    lines = re.findall(
        r"label\d+: \d of 1 right", asked(replace(FINDINGS, labels=LabelSet(names), figures=figures))
    )
    assert len(lines) == 40 and "label0: 1 of 1 right" not in lines


def test_rules_accepted_so_far_stand_there_shortly_the_latest_ones():
    rules = [f"- Rule {n}." for n in range(9)] + ["- " + "word " * 40]
    text = asked(replace(FINDINGS, accepted=rules))
    accepted = re.findall("<accepted>(.*)</accepted>", text)
    assert accepted[0] == "- Rule 2." and len(accepted) == 8
    assert accepted[-1].endswith("…") and len(accepted[-1]) == 80


@pytest.mark.parametrize(
    ("reply", "reason", "label"),
    [
        ("<label>bug</label>", "", "bug"),
        ("Label: <label>bug</label>", "", "bug"),
        ("**new_feature**", "", "new_feature"),
        ('{"label": "bug"}', "", "bug"),
        ('{"reason": "", "label": "bug"}', "", "bug"),
        ("", "", "bug"),
        (
            "Nothing in the prompt decides about this text, so bug is a guess.\n<label>bug</label>",
            "Nothing …",
            "bug",
        ),
    ],
)
def test_a_reply_that_says_no_more_than_its_label_is_not_shown(reply, reason, label):
    prediction = Prediction("m", Outcome.LABEL, label, label, reason, reply)
    assert informative_reply(prediction) == ""
    assert "<reply>" not in asked(replace(FINDINGS, predictions={"m": prediction}))


@pytest.mark.parametrize(
    "prediction",
    [
        Prediction("m", Outcome.LABEL, "bug", "bug", "It fails.", "It fails. <label>bug</label>"),
        Prediction("m", Outcome.LABEL, "bug", "bug", "", "<label>bug</label> since it fails"),
        Prediction("m", Outcome.UNREADABLE, reply="bug or wish"),
        Prediction("m", Outcome.UNKNOWN_LABEL, said="odd", reply="<label>odd</label>"),
    ],
)
def test_a_reply_that_says_more_is_shown_as_it_is(prediction):
    assert f"<reply>{prediction.reply}</reply>" in asked(replace(FINDINGS, predictions={"m": prediction}))


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
    "purpose",
    "figures",
    "accepted",
    *PROMPT_FIELDS,
)


def everywhere(words: str, in_fields: str) -> ReflectionInputs:
    """The words in every place where data can stand."""
    row = Example("m", "a" + words + "b", "c" + words, note="d" + words)
    return ReflectionInputs(
        Prompt(*("e" + in_fields for _ in PROMPT_FIELDS)),
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
        figures=measure([row], [said("m", "bug")], ("bug", "c" + words)),
        accepted=["m" + words],
        purpose="n" + words,
    )


@pytest.mark.parametrize("tag", OUR_TAGS)
@pytest.mark.parametrize(
    "form", ["</{}>", "</ {}>", "</{} >", "</\n{}>", "< /{}>", "<\n/{}>", "<\u200b/\u200b{}>"]
)
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_data_cannot_close_a_tag_of_ours(tag, form, case):
    closing = form.replace("{}", case(tag))
    fields = closing if tag in PROMPT_FIELDS else ""
    evil, harmless = asked(everywhere(closing, fields)), asked(everywhere(".", "."))
    assert "a" + closing.replace("/", "\\/") + "b" in evil, "and nothing of it is lost"
    ends = re.compile(r"<[\s\u200b]*/[\s\u200b]*" + tag + r"\s*>", re.I)
    assert len(ends.findall(evil)) == len(ends.findall(harmless))


def test_a_field_of_the_prompt_can_be_copied_as_it_stands():
    suffix = "\n</text>\n</mistake> </note> </label>"
    text = asked(replace(FINDINGS, prompt=replace(START, user_prompt_suffix=suffix)))
    assert f"<user_prompt_suffix>{suffix}</user_prompt_suffix>" in text


def test_what_would_close_its_field_is_broken_in_a_field():
    text = asked(replace(FINDINGS, prompt=replace(START, system_prompt="Say </system_prompt> twice.")))
    assert r"<system_prompt>Say <\/system_prompt> twice.</system_prompt>" in text


def test_other_tags_in_data_stay_as_they_are():
    text = asked(replace(FINDINGS, mistakes=[replace(MISTAKE, text="<b>bold</b> </textarea> </label>")]))
    assert "<text><b>bold</b> </textarea> </label></text>" in text
