"""Free answers: what of a reply is its answer, and what is none."""

from __future__ import annotations

import pytest

from core.errors import CallFailed
from core.prompts.replies import predict_answer
from core.types import Finish, Outcome, Reply


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("It says so.\n<label>WB-1</label>", "WB-1"),
        ("<label>WB-1</label> or rather <LABEL> WB-2 </LABEL>", "WB-2"),
        ("The stop is left out: <label>WB-1", "WB-1"),
        ('<label>{"order": "WB-1",\n "total": 2}</label>', '{"order": "WB-1",\n "total": 2}'),
        ("<think><label>WB-9</label></think><label>WB-1</label", "WB-1"),
        ("<label>WB-1<label>", "WB-1"),
    ],
)
def test_the_last_tag_holds_the_answer(reply: str, answer: str):
    read = predict_answer("1", Reply(reply), tagged=True)
    assert (read.outcome, read.label) == (Outcome.LABEL, answer)


@pytest.mark.parametrize("reply", ["WB-1", "<label></label>", "<label> </label>", "The answer is WB-1."])
def test_without_an_answer_in_the_tag_it_is_unreadable(reply: str):
    read = predict_answer("1", Reply(reply), tagged=True)
    assert (read.outcome, read.label) == (Outcome.UNREADABLE, "")


def test_a_prompt_that_asks_for_no_tag_is_answered_by_the_whole_reply():
    reply = '<think>Which one?</think>\n{"order": "WB-1"}'
    assert predict_answer("1", Reply(reply), tagged=False).label == '{"order": "WB-1"}'


@pytest.mark.parametrize("tagged", [True, False])
def test_a_reply_that_was_cut_off_is_no_answer(tagged: bool):
    read = predict_answer("1", Reply("It may be <label>WB-1", Finish.LENGTH), tagged)
    assert read.outcome is Outcome.UNREADABLE and read.cut_off


@pytest.mark.parametrize(
    "reply",
    [Reply("I cannot help with that.", Finish.REFUSAL), Reply("  "), CallFailed("The line went dead.")],
)
def test_a_refusal_an_empty_reply_and_a_failed_call_are_failed(reply: Reply | CallFailed):
    read = predict_answer("1", reply, tagged=False)
    assert (read.outcome, read.label) == (Outcome.FAILED, "") and read.error
