from __future__ import annotations

import pytest

from core.errors import CallFailed, ModelRefused
from core.llm.layers.refusals import MOST, MOST_AT_FIRST, RefusalLimited, Refusals
from tests.core.llm.scripted import Scripted, ask, in_no_time

NO = CallFailed("It refuses the request (400): no.", unclear=True)


def texts(model: Scripted, *given: str) -> list[str]:
    """What becomes of each text: its reply, or the name of its error."""

    async def run() -> list[str]:
        layer, results = RefusalLimited(model, Refusals()), []
        for text in given:
            try:
                results.append((await layer.reply(ask(text))).text)
            except (CallFailed, ModelRefused) as error:
                results.append(type(error).__name__)
        return results

    return in_no_time(run())


def test_a_model_that_has_answered_nothing_is_refused_soon() -> None:
    found = texts(Scripted(always=NO), *"abc")
    assert found == ["CallFailed"] * (MOST_AT_FIRST - 1) + ["ModelRefused"]


def test_one_text_that_is_tried_again_is_one_text() -> None:
    assert texts(Scripted(always=NO), *"aaaaab") == ["CallFailed"] * 6


def test_a_model_that_has_answered_is_given_more_patience() -> None:
    names = [str(number) for number in range(MOST + 1)]
    found = texts(Scripted(["good"], always=NO), *names)
    assert found == ["good"] + ["CallFailed"] * (MOST - 1) + ["ModelRefused"]


def test_an_answer_between_them_clears_the_texts_before() -> None:
    assert "ModelRefused" not in texts(Scripted([NO, NO, "good", NO, NO, "good", NO, NO]), *"abcdefgh")


def test_what_names_the_text_is_not_counted() -> None:
    assert texts(Scripted(always=CallFailed("too long")), *"abcdef") == ["CallFailed"] * 6


def test_the_sentence_says_what_the_server_said_and_what_to_do() -> None:
    with pytest.raises(ModelRefused, match=r"\(400\): no\. Nothing else comes back: check the model"):
        in_no_time(_ask_all())


async def _ask_all() -> None:
    layer = RefusalLimited(Scripted(always=NO), Refusals())
    for text in "abc":
        try:
            await layer.reply(ask(text))
        except CallFailed:
            pass
