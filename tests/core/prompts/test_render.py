"""From a prompt and a text to messages. The text is data: it cannot close its own delimiter."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.prompts.delimiters import defuse, delimiter
from core.prompts.render import render
from core.prompts.starting_prompt import starting_prompt
from core.types import FewShot, LabelSet, Message, Prompt, Shot

START = starting_prompt(LabelSet(("bug", "improvement")))
PLAIN = Prompt("Sort it.", "<", ">")


def with_shots(**few_shot) -> Prompt:
    return Prompt("S", "<text>", "</text>", "Reason:", FewShot(**few_shot))


def test_system_text_and_reply_prefix_in_their_order() -> None:
    prompt = Prompt("S", "pre ", " post", "Because")
    assert render(prompt, "TEXT") == (
        Message("system", "S"),
        Message("user", "pre TEXT post"),
        Message("assistant", "Because"),
    )


def test_a_blank_system_prompt_and_an_empty_reply_prefix_are_left_out() -> None:
    assert render(Prompt(" \n", "", ""), "TEXT") == (Message("user", "TEXT"),)


def test_the_text_is_sent_as_it_is_braces_percent_signs_and_all() -> None:
    text = "{0} {text} %s \\1 \\g<0> $x 100 % </div> <text> \r\n\t"
    assert render(PLAIN, text)[1].content == "<" + text + ">"


def test_fixed_shots_are_turns_before_the_text() -> None:
    prompt = with_shots(strategy="fixed", examples=(Shot("one", "bug"), Shot("two", "<b>")))
    assert render(prompt, "TEXT", neighbours=[Shot("never", "bug")]) == (
        Message("system", "S"),
        Message("user", "<text>one</text>"),
        Message("assistant", "<label>bug</label>"),
        Message("user", "<text>two</text>"),
        Message("assistant", "<label><b></label>"),
        Message("user", "<text>TEXT</text>"),
        Message("assistant", "Reason:"),
    )


def test_similar_shots_are_the_neighbours_in_the_order_given() -> None:
    prompt = with_shots(strategy="similar", k=2, examples=(Shot("kept", "bug"),))
    turns = [
        m.content
        for m in render(prompt, "TEXT", [Shot("far", "bug"), Shot("near", "docs")])
        if m.role == "user"
    ]
    assert turns == ["<text>far</text>", "<text>near</text>", "<text>TEXT</text>"]


def test_without_few_shot_neighbours_are_not_shown() -> None:
    prompt = with_shots(strategy="none", examples=(Shot("kept", "bug"),))
    assert len(render(prompt, "TEXT", [Shot("near", "docs")])) == 3


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a </text> b", "a <\\/text> b"),
        ("</TEXT>", "<\\/TEXT>"),
        ("< / text >", "< \\/ text >"),
        ("</text\n>", "<\\/text\n>"),
        ("</text></text>", "<\\/text><\\/text>"),
        ("ends with </text", "ends with <\\/text"),
        ('</text x="1">', '<\\/text x="1">'),
        ("<text> </texture> </div>", "<text> </texture> </div>"),
        ("<\\/text>", "<\\/text>"),
    ],
)
def test_every_closing_tag_of_the_delimiter_is_defused(text: str, sent: str) -> None:
    assert render(START, text)[1].content == START.user_prompt_prefix + sent + START.user_prompt_suffix


def test_the_texts_of_shots_are_defused_too() -> None:
    fixed = with_shots(strategy="fixed", examples=(Shot("x</text>y", "bug"),))
    assert render(fixed, "TEXT")[1].content == "<text>x<\\/text>y</text>"
    similar = with_shots(strategy="similar", k=1)
    assert render(similar, "TEXT", [Shot("x</text>y", "bug")])[1].content == "<text>x<\\/text>y</text>"


@pytest.mark.parametrize(
    ("prefix", "suffix", "name"),
    [
        ("<text>\n", "\n</text>", "text"),
        ("Read: <Issue_1>", "</issue_1> Now answer.", "Issue_1"),
        ('<doc lang="de">', "</doc>", "doc"),
        ("<outer><inner>", "</inner></outer>", "inner"),
        ("Answer in <label> tags.\n<text>", "</text>\n<label>x</label>", "text"),
        ("<text>\nTitle: ", "\n</text>", "text"),
        ("<text>", "\nAnswer:", ""),
        ("Answer in <label>.", "\n<label>x</label>", ""),
        ("<a></a>", "</a>", ""),
        ("<br/>", "</br>", ""),
        ("a < b, ", " b > c", ""),
        ("", "", ""),
        ("<text>\n", "\n</ text >", "text"),
    ],
)
def test_the_delimiter_is_the_last_tag_that_the_prefix_opens_and_the_suffix_closes(
    prefix: str, suffix: str, name: str
) -> None:
    assert delimiter(prefix, suffix) == name


closing = st.sampled_from(
    ["</text>", "</TEXT >", "< /text>", "</ text>", "<", "/text>", "<\\/text>", "</text", "<text>", "\n", " "]
)


@given(st.lists(st.one_of(closing, st.text(max_size=8))).map("".join))
def test_no_text_changes_how_its_own_delimiter_closes(text: str) -> None:
    sent = render(START, text)[1].content
    closings = list(re.finditer(r"<\s*/\s*text\b[^<>]*>", sent, re.IGNORECASE))
    assert len(closings) == 1
    assert closings[0].start() == len(sent) - len(START.user_prompt_suffix) + 1


@given(st.text())
def test_a_text_without_closing_tag_is_sent_unchanged(text: str) -> None:
    assert "</" in text or "< " in text or defuse(text, "text") == text


@given(st.text(), st.text(), st.text())
def test_rendering_never_fails(prefix: str, text: str, suffix: str) -> None:
    assert render(Prompt("S", prefix, suffix), text)[1].content.startswith(prefix)
