"""How likely the model took its label: read from the tokens that spell it, however the server lists them."""

from __future__ import annotations

from math import exp, log

import pytest

from core.confidence.logprobs import label_probability
from core.llm.providers.bodies.token_logprobs import token_logprobs
from core.prompts.replies import predict
from core.types import Finish, Reply

LABELS = ("bug", "feature request", "größe", "a")


def body(tokens: list[tuple[str, float]], raw: bool = False) -> dict:
    listed = [
        {"token": token, "logprob": logprob} | ({"bytes": list(token.encode())} if raw else {})
        for token, logprob in tokens
    ]
    return {"choices": [{"logprobs": {"content": listed}}]}


def probability(text: str, tokens: list[tuple[str, float]], prefix: str = "") -> float | None:
    reply = Reply(prefix + text, logprobs=token_logprobs(body(tokens), text))
    return label_probability(predict("", reply, LABELS), reply)


HALF, TENTH = log(0.5), log(0.1)


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ([("A bug? ", TENTH), ("<label>", TENTH), ("bug", HALF), ("</label>", TENTH)], 0.5),
        ([("<label", TENTH), (">fea", HALF), ("ture", HALF), (" request", HALF), ("</", TENTH)], 0.125),
        ([("<label> ", TENTH), ("Bug", HALF), (" </label>", TENTH)], 0.5),
        ([("<label>bug</label> ", TENTH), ("<label>", TENTH), ("a", HALF), ("</label>", TENTH)], 0.5),
        ([('{"reason": "a", "label": "', TENTH), ("grö", HALF), ("ße", HALF), ('"}', TENTH)], 0.25),
        ([('{"label":"', TENTH), ("gr\\u00f6\\u00dfe", HALF), ('"}', TENTH)], 0.5),
        ([(" ", TENTH), ("bug", HALF), (" ", TENTH)], 0.5),
    ],
)
def test_of_the_tokens_those_count_that_spell_the_answer(tokens: list[tuple[str, float]], expected: float):
    assert probability("".join(token for token, _ in tokens), tokens) == pytest.approx(expected)


def test_a_prefix_that_was_not_the_models_has_no_tokens():
    tokens = [("bug", HALF), ("</label>", TENTH)]
    assert probability("bug</label>", tokens, "It is <label>") == pytest.approx(0.5)
    assert probability("</label>", tokens[1:], "<label>bug") is None
    assert probability("<label>bug</label>", tokens) == pytest.approx(0.5), "llama.cpp repeats the prefix"
    cut = [("bug", HALF), ("</", TENTH), ("label", TENTH)]
    assert probability("<label>bug</label>", cut) == pytest.approx(0.5), (
        "and leaves out what a stop text cuts"
    )
    assert probability("<label>bug</label>", [("It is <label>bu", HALF)]) is None
    assert probability("It is <label>bug</label>", [("It is <label>bu", HALF)]) is None, (
        "of a part of the label"
    )
    assert probability("<label>bug", [("b", HALF), ("ug", HALF), (" ", TENTH)]) == pytest.approx(0.25)


def test_thoughts_before_end_marks_behind_and_halves_of_letters():
    text, tokens = "<label>größe</label>", [("<label>gr", -1.0), ("öße</label>", -2.0)]
    around = [("<think>bug</think>", -5.0), *tokens, ("<|im_end|>", -6.0)]
    assert token_logprobs(body(around), text) == ((9, -1.0), (13, -2.0))
    halves = body([("<label>gr", -1.0), ("?", -1.0), ("?", -2.0), ("ße</label>", -3.0)], raw=True)
    content = halves["choices"][0]["logprobs"]["content"]
    content[1]["bytes"], content[2]["bytes"] = [0xC3], [0xB6]
    assert [length for length, _ in token_logprobs(halves, text)] == [9, 1, 1, 11]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"choices": [{"logprobs": None}]},
        {"choices": [{"logprobs": {"content": ["bug"]}}]},
        {"choices": [{"logprobs": {"content": [{"token": "bug", "logprob": float("nan")}]}}]},
        {"choices": [{"logprobs": {"content": [{"token": "bug", "logprob": 0, "bytes": [300]}]}}]},
        body([("other words", -1.0)]),
    ],
)
def test_what_does_not_spell_the_reply_is_none(given: dict):
    assert token_logprobs(given, "bug") == ()


def test_a_reply_without_a_label_or_without_probabilities_has_none():
    assert label_probability(predict("", Reply("bug"), LABELS), Reply("bug")) is None
    cut = Reply("It may be", Finish.LENGTH, logprobs=((9, -1.0),))
    assert label_probability(predict("", cut, LABELS), cut) is None
    impossible = token_logprobs(body([("bug", float("-inf"))]), "bug")
    reply = Reply("bug", logprobs=impossible)
    assert label_probability(predict("", reply, LABELS), reply) == exp(-100)
