from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import CallFailed, Stopped
from core.prompts.render import render
from core.similarity.requests import classify_requests
from core.tuning.evaluate import evaluate
from core.types import Example, FewShot, Message, Outcome, Prompt, Request, Shot
from tests.core.tuning.toy import LABELS, START, Editor, rule, session_of, small_model, text_of, with_lines

EXAMPLES = [Example(f"r{n}", f"Text {n} of a zebra", "question") for n in range(4)]
PROMPT = with_lines(rule("zebra", "question"))


def odd(request: Request):
    """Fails for the first text, rambles for the second, makes a label up for the third."""
    answers = {
        "Text 0": CallFailed("The line went dead."),
        "Text 1": "Hm.",
        "Text 2": "<label>riddle</label>",
    }
    return answers.get(text_of(request)[:6], small_model(request))


def test_a_request_is_the_rendered_prompt_for_each_text_in_order():
    requests = classify_requests(START, ["one", "two"])
    assert [request.messages for request in requests] == [render(START, "one"), render(START, "two")]
    assert {request.max_tokens for request in requests} == {500}, (
        "else no reply of before would be in the cache"
    )


def test_a_reply_may_end_where_its_label_closes_only_if_the_prompt_asks_for_that_form():
    assert [request.stop for request in classify_requests(START, ["one"])] == ["</label>"]
    bare = Prompt("Answer bug or question, nothing else.", "", "")
    assert [request.stop for request in classify_requests(bare, ["one"])] == [""]


def test_replies_may_be_as_long_as_the_session_says():
    lengths = []
    session = session_of(Editor(), lambda request: lengths.append(request.max_tokens) or small_model(request))
    evaluate(replace(session, reply_tokens=40), PROMPT, EXAMPLES, LABELS)
    assert lengths == [40] * 4


def test_a_session_of_structured_replies_asks_for_one_of_the_labels():
    asked = []
    session = replace(
        session_of(Editor(), lambda request: asked.append(request) or small_model(request)), structured=True
    )
    evaluate(session, PROMPT, EXAMPLES[:1], LABELS)
    assert [request.choices for request in asked] == [tuple(LABELS)]
    assert classify_requests(PROMPT, ["x"])[0].choices == ()


def test_similar_examples_are_those_nearest_to_each_text():
    shots = (Shot("a zebra in the zoo", "question"), Shot("an apple on a tree", "wish"))
    prompt = PROMPT.__class__(
        *(getattr(PROMPT, name) for name in PROMPT.__slots__[:4]), FewShot("similar", 1, shots)
    )
    near_zebra, near_apple = classify_requests(prompt, ["the zebra ran", "the apple fell"])
    assert Message("assistant", "<label>question</label>") in near_zebra.messages
    assert Message("assistant", "<label>wish</label>") in near_apple.messages


def test_every_row_gets_a_prediction_in_order_and_no_outcome_is_mixed_with_another():
    read = evaluate(session_of(Editor(), odd), PROMPT, EXAMPLES, LABELS)
    assert [each.example_id for each in read.predictions] == ["r0", "r1", "r2", "r3"]
    assert [each.outcome for each in read.predictions] == [
        Outcome.FAILED,
        Outcome.UNREADABLE,
        Outcome.UNKNOWN_LABEL,
        Outcome.LABEL,
    ]
    assert (read.metrics.n, read.metrics.correct, read.metrics.failed) == (3, 1, 1)
    assert read.predictions[0].error == "The line went dead."


def test_progress_is_reported_for_every_reply_and_may_stop_the_reading():
    told: list[tuple[int, int]] = []
    evaluate(session_of(Editor()), PROMPT, EXAMPLES, LABELS, lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def stop(done: int, total: int) -> None:
        raise Stopped("Enough.")

    with pytest.raises(Stopped):
        evaluate(session_of(Editor()), PROMPT, EXAMPLES, LABELS, stop)
