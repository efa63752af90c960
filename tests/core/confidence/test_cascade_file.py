"""The cascade file: read as it was written, and refused with a sentence."""

from __future__ import annotations

import json

import pytest

from core.confidence.cascade import (
    Abstention,
    Cascade,
    LocalPart,
    cascade_from_json,
    cascade_to_json,
    is_cascade,
)
from core.confidence.local_model import LocalModel
from core.errors import DataError, PromptError
from core.prompts.files import PromptFile, to_json
from core.types import Prompt, Shot

FILE = PromptFile(Prompt("Sort it.", "", ""), ("a", "b"), "offline:reader")
ROWS = (Shot("red \ud83d apple {{x}} </label>", "a"), Shot("blue sky", "b"))
WHOLE = Cascade(FILE, LocalPart(0.83, ROWS), Abstention(5, 1.0, 0.8))


def test_it_is_read_as_it_was_written():
    for cascade in (WHOLE, Cascade(FILE), Cascade(FILE, abstain=WHOLE.abstain)):
        text = cascade_to_json(cascade)
        assert is_cascade(text) and cascade_from_json(text) == cascade
    assert not is_cascade(to_json(FILE)) and not is_cascade("{{text}}") and not is_cascade("[1]")


@pytest.mark.parametrize(
    ("part", "key", "value", "words"),
    [
        ("abstain", "samples", 0, "a whole number from 1 to 100"),
        ("abstain", "threshold", 1.5, "a number from 0 to 1"),
        ("abstain", "temperature", True, "a number from 0 to 2"),
        ("local", "threshold", "high", "a number from 0 to 1"),
        ("local", "rows", {}, "a list"),
        ("local", "rows", [{"text": "x", "label": "c"}], "a label of its prompt"),
        ("local", "more", 1, "exactly threshold, rows"),
    ],
)
def test_what_is_wrong_is_named(part: str, key: str, value: object, words: str):
    content = json.loads(cascade_to_json(WHOLE))
    content[part][key] = value
    with pytest.raises(PromptError, match=words):
        cascade_from_json(json.dumps(content))


def test_a_local_model_learns_from_two_labels_or_more():
    rows = [
        Shot(f"{word} number {n}", label)
        for n in range(10)
        for word, label in (("crash", "a"), ("wish", "b"))
    ]
    answers = LocalModel(rows).answers(["a crash", "my wish", "", "🙂"])
    assert [each.label for each in answers[:2]] == ["a", "b"]
    assert (
        all(0.5 <= each.confidence <= 1 for each in answers) and answers[0].confidence > answers[2].confidence
    )
    assert LocalModel(rows).answers([]) == []
    with pytest.raises(DataError, match="two labels"):
        LocalModel(rows[:1])
