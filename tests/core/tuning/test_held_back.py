"""Rows whose labels are in doubt: held back, listed with reasons, shown where nothing else is wrong, and never
a reason to say that no mistakes are left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.tuning.tune import LAST_RESORT
from core.types import Example, Settings
from tests.core.tuning.toy import Editor, rows, rule, run, search_of, session_of, small_model, with_lines

KNOWS = with_lines(rule("zebra", "question"), rule("apple", "wish"))
NOISE = Example("noise", "They told us of the zebra on day 99 in room train0.", "wish", split="train")


def noisy(noise: Example = NOISE, train: int = 40) -> list[Example]:
    return [
        *rows("train", train, "zebra", "question"),
        *rows("train", 20, "apple", "wish"),
        *rows("validation", 9, "zebra", "question"),
        *rows("validation", 9, "apple", "wish"),
        noise,
    ]


def ended(examples, settings: Settings, *replies: str):
    return run(examples, session_of(Editor(*replies), small_model, settings), settings)


def test_where_every_mistake_is_held_back_it_is_shown_once_and_the_end_says_so():
    steps, result = ended(noisy(), Settings(start=KNOWS))
    assert [step.reflection.shown if step.reflection else None for step in steps] == [None, ("noise",), None]
    assert steps[1].verdict.reason.startswith(LAST_RESORT)
    assert "held back" in steps[2].verdict.reason and result.stop_reason == "held_back"


def test_a_step_lists_them_with_the_label_they_may_have_and_why():
    steps, _ = ended(noisy(), Settings(start=KNOWS, iterations=1))
    [held] = steps[1].held_back
    assert (held.example_id, held.label, held.suggested) == ("noise", "wish", "question")
    assert held.doubt > 0.5 and held.reasons and steps[0].held_back == ()


def test_one_of_the_validation_part_is_listed_too():
    steps, _ = ended(noisy(replace(NOISE, split="validation")), Settings(start=KNOWS, iterations=1))
    assert [held.example_id for held in steps[1].held_back] == ["noise"]


def test_no_mistakes_is_said_only_where_there_are_none():
    right = replace(NOISE, label="question")
    steps, result = ended(noisy(right), Settings(start=KNOWS))
    assert result.stop_reason == "no_mistakes" and steps[1].held_back == ()


def test_a_label_that_a_person_reviewed_counts():
    steps, _ = ended(noisy(replace(NOISE, reviewed=True)), Settings(start=KNOWS, iterations=1))
    assert steps[1].reflection.shown == ("noise",) and steps[1].held_back == ()
    assert not steps[1].verdict.reason.startswith(LAST_RESORT)


@pytest.mark.parametrize("seed", range(4))
def test_before_there_are_no_mistakes_every_row_has_been_read(seed: int):
    """One row in 141 is a mistake; ten are read at a time."""
    odd = Example("odd", "An odd thing, no other row is like it", "question", split="train")
    settings = Settings(start=KNOWS, batch_size=10, iterations=20, shown_mistakes=4, seed=seed)
    search = search_of(noisy(odd, 120), session_of(Editor(), small_model, settings), settings)
    read: set[str] = set()
    for number in range(1, 20):
        read |= {each.example_id for each in search.look(number).predictions}
        if search.knowledge.mistakes():
            break
        assert search.why_none_to_show() == ""
    assert "odd" in read and [row.id for row in search.knowledge.mistakes()] == ["odd"]
