"""Values of a kind that the wire format does not have, where a word or a number stands: before, TypeErrors and
OverflowErrors, which `python -m tests.soak.fuzz` found."""

from __future__ import annotations

import pytest

from core.errors import CallFailed
from core.llm.batches.anthropic_service import _result as of_anthropic
from core.llm.batches.openai_service import _result as of_openai
from core.llm.batches.replies import reply_of
from core.llm.batches.service import BatchResult
from core.llm.providers.bodies.answer_body import body_answer, token_count
from core.llm.providers.bodies.token_logprobs import token_logprobs
from core.llm.providers.embedding_model import _vectors
from core.llm.providers.failures import Caller

CALLER = Caller("openai:gpt-5.6", "http://localhost/v1", "sk-secret")
HUGE = 10**400
ODD = ({}, [], {"a": [1]}, [None])


@pytest.mark.parametrize("odd", ODD)
def test_a_part_of_an_answer_of_an_odd_type_is_read(odd: object):
    assert body_answer({"content": [{"type": odd, "text": "bug"}]})[0] == "bug"


@pytest.mark.parametrize("odd", ODD)
def test_a_result_of_a_batch_with_an_odd_code_is_a_failure(odd: object):
    read = (
        of_anthropic({"custom_id": "1", "result": {"type": odd}}),
        of_openai({"custom_id": "1", "error": {"code": odd}}),
    )
    assert all(isinstance(reply_of(each, "", CALLER), CallFailed) for each in read)


def test_numbers_beyond_all_bounds_are_none():
    assert token_count(HUGE) is token_count(float("nan")) is token_count(float("inf")) is None
    usage = {"prompt_tokens": 3, "completion_tokens": HUGE}
    read = reply_of(BatchResult("1", 200, {"content": "bug", "usage": usage}), "", CALLER)
    assert not isinstance(read, CallFailed) and read.text == "bug" and read.usage.estimated
    assert _vectors([{"embedding": [HUGE]}], 1) is None


@pytest.mark.parametrize(("given", "bounded"), [(HUGE, 0.0), (-HUGE, -100.0), (-9999, -100.0)])
def test_log_probabilities_are_bounded(given: float, bounded: float):
    body = {"choices": [{"logprobs": {"content": [{"token": "a", "logprob": given}]}}]}
    assert token_logprobs(body, "a") == ((1, bounded),)
