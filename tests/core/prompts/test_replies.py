"""From a reply to one of four outcomes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CallFailed
from core.prompts.replies import REASON_LENGTH, predict
from core.types import Finish, Outcome, Prediction, Reply, Usage
from tests.work import assert_linear, processor_limit

LABELS = ("bug", "improvement", "new feature", "<b>", "🐛 crash", "Straße", "etc.", "R&D")


def read(text: str, labels=LABELS, finish: Finish = Finish.STOP) -> Prediction:
    return predict("7", Reply(text, finish), labels)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("A reason. <label>bug</label>", "bug"),
        ("<label>bug</label> no, rather <label>improvement</label>.", "improvement"),
        ("<LABEL>bug</Label>", "bug"),
        ("< label >\n bug \n< / label >", "bug"),
        ("<label>BUG</label>", "bug"),
        ("<label>new   feature</label>", "new feature"),
        ("<label>new\nfeature</label>", "new feature"),
        ("<label>ｂｕｇ</label>", "bug"),
        ("<label>STRASSE</label>", "Straße"),
        ("<label>🐛 Crash</label>", "🐛 crash"),
        ('<label>"bug"</label>', "bug"),
        ("<label>`bug`</label>", "bug"),
        ("<label>**bug**</label>", "bug"),
        ("<label>“bug.”</label>", "bug"),
        ("<label>bug.</label>", "bug"),
        ("<label>etc.</label>", "etc."),
        ("<label><b></label>", "<b>"),
        ("<label>&lt;b&gt;</label>", "<b>"),
        ("<label>R&amp;D</label>", "R&D"),
        ("<label>`&lt;B&gt;`</label>", "<b>"),
        ("I answer in <label> tags: <label>bug</label>", "bug"),
        ("<label>bug</label></label>", "bug"),
        ("<label>bug", "bug"),
        ("It crashes.\n<label>bug\n", "bug"),
        ("<label>bug</", "bug"),
        ("<label>bug</lab", "bug"),
        ("<label>bug<", "bug"),
        ("<label>improvement</label> or rather <label>bug", "bug"),
        ("<label>bug</label>. That is the <label> tag as asked", "bug"),
        ("bug", "bug"),
        ("  Bug. \n", "bug"),
        ("**bug**", "bug"),
        ('{"label": "bug"}', "bug"),
        ('```json\n{"reason": "x", "label": "New Feature"}\n```', "new feature"),
        ('{"reason": "not <label>improvement</label>", "label": "bug"}', "bug"),
    ],
)
def test_a_label_of_the_set_is_read(text: str, label: str) -> None:
    assert (read(text).outcome, read(text).label) == (Outcome.LABEL, label)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<label>question</label>", "question"),
        ("<label>bugs</label>", "bugs"),
        ("<label>bug report</label>", "bug report"),
        ("<label>bug, improvement</label>", "bug, improvement"),
        ("<label>bug</label> <label>other</label>", "other"),
        ("<label>the label</label>", "the label"),
        ("<label>quest", "quest"),
        ('{"label": "question"}', "question"),
    ],
)
def test_a_label_outside_the_set_is_unknown_with_what_was_said(text: str, said: str) -> None:
    prediction = read(text)
    assert (prediction.outcome, prediction.label, prediction.said) == (Outcome.UNKNOWN_LABEL, "", said)


@pytest.mark.parametrize(
    "text",
    [
        "It is a bug.",
        "bug or improvement",
        "label: bug",
        "</label>",
        "bug</label>",
        "<label></label>",
        "<label> \n </label>",
        "<label>",
        "I answer in <label> tags,\nas asked: bug",
        '{"answer": "bug"}',
        '{"label": null}',
        '["bug"]',
        '{"label": "bug"',
        "&lt;label&gt;bug&lt;/label&gt;",
        "{" * 50_000 + "}",
        '{"label":' * 50_000 + "}",
    ],
)
def test_without_a_readable_answer_a_reply_is_unreadable(text: str) -> None:
    assert (read(text).outcome, read(text).label, read(text).said) == (Outcome.UNREADABLE, "", "")


def test_labels_that_differ_only_by_case_are_told_apart_by_their_exact_spelling_alone() -> None:
    labels = ("Bug", "bug", "other")
    assert read("<label>Bug</label>", labels).label == "Bug"
    assert read("<label> `bug` </label>", labels).label == "bug"
    assert (read("<label>BUG</label>", labels).outcome, read("<label>BUG</label>", labels).said) == (
        Outcome.UNKNOWN_LABEL,
        "BUG",
    )


def test_an_escaped_label_of_the_set_is_itself_before_it_is_what_it_escapes() -> None:
    assert read("<label>&lt;b&gt;</label>", ("<b>", "&lt;b&gt;")).label == "&lt;b&gt;"
    assert read("<label><b></label>", ("<b>", "&lt;b&gt;")).label == "<b>"


def test_labels_with_outer_spaces_are_read_too() -> None:
    assert read("<label>led</label>", (" led", "zed ")).label == " led"
    assert read("<label>Bug</label>", (" Bug", "bug ")).label == " Bug"


@pytest.mark.parametrize(
    ("finish", "error"),
    [
        (Finish.REFUSAL, "The model refused to answer."),
        (Finish.FILTER, "The provider's content filter stopped the reply."),
    ],
)
@pytest.mark.parametrize("text", ["", "I think", "<label>question</label>", "I cannot <label>"])
def test_a_reply_refused_without_a_label_of_the_set_is_a_failed_call(
    text: str, finish: Finish, error: str
) -> None:
    prediction = read(text, finish=finish)
    assert (prediction.outcome, prediction.error, prediction.label) == (Outcome.FAILED, error, "")


@pytest.mark.parametrize("text", ["", "I think", "<label>question</label>", "I cannot <label>", "<label>new"])
def test_a_reply_cut_off_without_a_label_of_the_set_is_unreadable_and_says_where(text: str) -> None:
    prediction = predict("7", Reply(text, Finish.LENGTH, Usage(output=1_500)), ("new", "newer"))
    assert (prediction.outcome, prediction.label, prediction.cut_off) == (Outcome.UNREADABLE, "", True)
    assert prediction.error == (
        "The reply was cut off at 1,500 tokens before it named a label: allow longer replies."
    )


def test_a_reply_cut_off_after_unknown_tokens_does_not_name_them() -> None:
    for usage in (Usage(), Usage(output=500, estimated=True)):
        cut = predict("7", Reply("I think", Finish.LENGTH, usage), LABELS)
        assert "cut off at its length limit before" in cut.error


def test_only_a_cut_off_reply_is_one() -> None:
    assert not any(
        read(text).cut_off for text in ("I think", "<label>bug</label>", "", "<label>other</label>")
    )


@pytest.mark.parametrize("finish", list(Finish))
def test_a_reply_that_names_its_label_before_it_is_stopped_counts(finish: Finish) -> None:
    assert (
        read("<label>bug</label> and so", finish=finish).outcome,
        read("<label>bug</label>", finish=finish).error,
    ) == (
        Outcome.LABEL,
        "",
    )


def test_a_label_cut_off_in_the_middle_is_not_taken_for_a_shorter_one() -> None:
    assert read("<label>new", ("new", "newer"), Finish.LENGTH).cut_off
    assert read("<label>new", ("new", "newer"), Finish.STOP).label == "new"


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_reply_is_a_failed_call(text: str) -> None:
    assert (read(text).outcome, read(text).error) == (Outcome.FAILED, "The model sent an empty reply.")


def test_a_call_without_reply_is_a_failed_call_with_its_message() -> None:
    assert predict("7", CallFailed("No answer within 60 seconds."), LABELS) == Prediction(
        "7", Outcome.FAILED, error="No answer within 60 seconds."
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("It crashes. <label>bug</label>", "It crashes."),
        ("Reason: It crashes.\nLabel: <label>bug</label>", "It crashes."),
        ("**Reason:** It crashes.\n\n**Label:** <label>bug</label>", "It crashes."),
        ("Reasoning: it crashes.\n- Final answer: <label>bug</label>", "it crashes."),
        ("It crashes. Answer: <label>bug</label>", "It crashes."),
        ("It is wrong to call this a label: <label>bug</label>", "It is wrong to call this a label:"),
        (
            "First <label>docs</label>, but it crashes. <label>bug</label>",
            "First <label>docs</label>, but it crashes.",
        ),
        ("It crashes. <label>bug", "It crashes."),
        ("Label: <label>bug</label>", ""),
        ("<label>bug</label> because it crashes", ""),
        ('{"reason": "It crashes.", "label": "bug"}', "It crashes."),
        ('{"reason": ["x"], "label": "bug"}', ""),
        ("bug", ""),
    ],
)
def test_the_reason_is_what_stands_before_the_answer(text: str, reason: str) -> None:
    assert read(text).reason == reason


def test_a_long_reason_is_shortened_and_the_reply_is_kept_whole() -> None:
    text = "x" * 5_000 + " <label>bug</label> and more"
    prediction = predict("7", Reply(text, cached=True), LABELS)
    assert len(prediction.reason) == REASON_LENGTH
    assert prediction.reason.endswith("x…")
    assert (prediction.reply, prediction.cached, prediction.example_id) == (text, True, "7")


bits = st.sampled_from(
    [
        "<label>",
        "</label>",
        "<LABEL",
        "label",
        ">",
        "<",
        "/",
        "bug",
        "&lt;",
        "{",
        '"',
        "```",
        "Label:",
        "\n",
        " ",
        "\ud800",
        ".",
    ]
)


@given(st.lists(st.one_of(bits, st.text(max_size=5))).map("".join), st.sampled_from(list(Finish)))
def test_reading_never_fails_and_keeps_the_outcomes_apart(text: str, finish: Finish) -> None:
    prediction = read(text, finish=finish)
    assert (prediction.outcome is Outcome.LABEL) == (prediction.label in LABELS)
    assert bool(prediction.error) == (prediction.outcome is Outcome.FAILED or prediction.cut_off)
    assert prediction.reply == text


@given(
    st.dictionaries(
        st.sampled_from(["label", "reason", "Label", ""]),
        st.none() | st.text() | st.integers() | st.lists(st.text()),
    )
)
def test_reading_json_never_fails(content: dict) -> None:
    assert read(json.dumps(content)).reply == json.dumps(content)


@given(
    st.text(min_size=1).filter(
        lambda label: label.strip() and "<label" not in label.lower() and "</label" not in label.lower()
    )
)
def test_any_label_is_read_back_from_its_own_tag(label: str) -> None:
    other = label + " other"
    assert read("Because. <label>" + label + "</label>", (other, label)).label == label


@pytest.mark.parametrize(
    "text",
    [
        "<" + " " * 1_000_000,
        "< " * 500_000,
        "<label>" + "<" * 500_000,
        "\n" * 1_000_000 + "x",
        "*" * 1_000_000,
        "```" + "\n" * 1_000_000 + "x",
        "Reason" + " " * 1_000_000 + "x<label>bug</label>",
        "<label>" + ". " * 500_000 + "</label>",
        "```\n" * 250_000,
        "<label>bug" + "\n" * 1_000_000 + "x",
        "{" * 1_000_000 + "}",
        '{"label": ' * 100_000 + "1" + "}" * 100_000,
        '{"label": "' + "&amp;" * 200_000 + '"}',
        "<|channel|>" + "x" * 1_000_000,
        "\u200b" * 1_000_000,
    ],
    ids=[
        *("spaces", "openings", "openings in a label", "lines", "stars", "fence", "reason", "periods"),
        *("fences", "lines in a label", "braces", "nested", "entities", "channel", "invisible"),
    ],
)
def test_a_long_run_of_one_thing_is_passed_over_once(text: str) -> None:
    with processor_limit():
        read(text)


@pytest.mark.parametrize(
    "part",
    [
        *("<label>", "<label>x</label>", "</label>", "<think>", "</think>", "<think>x</think>", "[THINK]"),
        *("{}", '{"label": 1}', "```\n", "<|channel|>analysis<|message|>", "&amp;"),
    ],
)
def test_the_work_of_reading_grows_with_the_length_of_the_reply(part: str) -> None:
    assert_linear(lambda count: lambda: read(part * count), 1_000)
