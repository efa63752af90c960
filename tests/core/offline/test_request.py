"""Finding the text to classify in prompts of any make."""

from __future__ import annotations

import pytest

from core.offline.request import parse_request
from core.types import Message

FORM = "Answer in this form: <label>the label</label>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Classify this text.\n<text>\n", f"\n</text>\n{FORM}"),
        (f"{FORM}\n<document>", "</document>"),
        ('Labels: a, b\n"""\n', '\n"""\n' + FORM),
        ("Classify the text.\nText: ", "\n\nAnswer with the label only."),
        ("Which label fits?\n\n", "\n\nReply with one word."),
        ("", ""),
    ],
)
@pytest.mark.parametrize(
    "text", ["The kettle is hot.", "Two lines:\nthe second one", "It has <b>bold</b> & a </text> in it"]
)
def test_the_text_is_what_the_prompt_is_not(before, after, text):
    asked = parse_request((Message("system", "Labels: a, b"), Message("user", before + text + after)))
    assert asked.text == text
    assert before.strip() in asked.instructions and after.strip() in asked.instructions
    assert text not in asked.instructions


def test_a_prompt_of_one_line_ends_at_its_colon():
    assert (
        parse_request((Message("user", "Classify this text: The kettle is hot: mind it"),)).text
        == "The kettle is hot: mind it"
    )


def test_example_turns_show_what_belongs_to_the_prompt():
    turns = []
    for text in ("grass is green", "snow is white"):
        turns += [
            Message("user", f"Here comes something {text} so what colour"),
            Message("assistant", f"<label>{text[-5:]}</label>"),
        ]
    asked = parse_request((*turns, Message("user", "Here comes something coal so what colour")))
    assert asked.text == "coal"
    assert [text for text, _ in asked.shots] == ["grass is green", "snow is white"]


def test_the_reply_prefix_is_told_apart_from_example_turns():
    asked = parse_request(
        (
            Message("user", "x"),
            Message("assistant", "A"),
            Message("user", "y"),
            Message("assistant", "Because"),
        )
    )
    assert (asked.reply_prefix, len(asked.shots)) == ("Because", 1)


def test_no_message_at_all_is_an_empty_text():
    assert parse_request(()).text == ""
