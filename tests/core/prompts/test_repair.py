"""Replies in no form: what is asked, and when a reply is taken at its word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.prompts.repair import label_meant, meaning_request, only_label_in
from core.types import Message, Outcome, Prediction, Request

LABELS = ("bug", "no bug", "wish, small", "Straße")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("It is a bug.", "bug"),
        ("**BUG**", "bug"),
        ("_bug_", "bug"),
        ("answer:bug", "bug"),
        ("This is no  bug at all", "no bug"),
        ("A STRASSE!", "Straße"),
        ("I'd say wish, small", "wish, small"),
        ("`bug` – I repeat: bug", "bug"),
    ],
)
def test_a_label_that_is_the_only_one_named_is_meant(text: str, label: str):
    assert only_label_in(text, LABELS) == label


@pytest.mark.parametrize(
    "text", ["", "debugging", "bugs everywhere", "a bug, or no bug?", "wish", "no-bug or Straße", "Bug2"]
)
def test_several_labels_none_or_a_part_of_a_word_mean_nothing(text: str):
    assert only_label_in(text, LABELS) == ""


def test_labels_are_data_and_no_pattern():
    assert only_label_in("It is a (b|c)+ thing", ("(b|c)+", "b")) == "(b|c)+"
    assert only_label_in("It is a b thing", ("(b|c)+", ".")) == ""
    assert only_label_in("anything", ("", "  ")) == ""


def test_what_was_said_instead_of_a_label_counts_and_not_the_reason_before_it():
    said = Prediction(
        "1", Outcome.UNKNOWN_LABEL, said="a nasty bug", reply="There is no bug. <label>a nasty bug</label>"
    )
    assert label_meant(said, LABELS) == "bug"
    assert label_meant(Prediction("1", Outcome.UNREADABLE, reply="Surely a bug."), LABELS) == "bug"


def test_what_the_model_thought_or_had_not_said_to_its_end_is_not_taken_at_its_word():
    thought = Prediction("1", Outcome.UNREADABLE, reply="<think>No bug? Straße?</think> Surely a bug.")
    assert label_meant(thought, LABELS) == "bug"
    assert label_meant(replace(thought, error="The reply was cut off."), LABELS) == ""


def test_the_same_talk_goes_on_and_a_reply_prefix_is_not_said_twice():
    first = Request(
        (Message("system", "S"), Message("user", "U"), Message("assistant", "Label:")), 500, ("bug",), 3
    )
    again = meaning_request(first, "Label: well {} <x>", LABELS)
    assert again.messages[:3] == (*first.messages[:2], Message("assistant", "Label: well {} <x>"))
    assert (
        again.messages[3].role == "user"
        and 'bug, no bug, "wish, small", Straße?' in again.messages[3].content
    )
    assert (again.max_tokens, again.choices, again.repeat) == (500, ("bug",), 3)
