"""A result of a batch as the reply that it is, or the failure, read as any other call is."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import CallFailed, ModelRefused
from core.llm.batches.service import BatchResult
from core.llm.providers.base import whole_reply
from core.llm.providers.bodies.answer_body import body_answer, broken_choice, has_answer
from core.llm.providers.bodies.error_body import says_error
from core.llm.providers.failures import Caller, Filtered, from_answer, from_status, unreadable
from core.types import Finish, Reply, Usage


def reply_of(result: BatchResult, prefix: str, caller: Caller) -> Reply | CallFailed:
    """`prefix`: what the reply is to begin with. A failure is transient where it is worth another try."""
    body = result.body if isinstance(result.body, Mapping) else None
    try:
        if result.status != 200:
            return _failure(from_status(caller, result.status, {}, result.body))
        if body is None:
            return unreadable(caller, "a reply that is no JSON object")
        if (broken := broken_choice(body)) is not None:
            return _failure(from_answer(caller, {}, {"error": broken}))
        if not has_answer(body) and says_error(body):
            return _failure(from_answer(caller, {}, body))
        return whole_reply(prefix, body_answer(body), caller)
    except RecursionError:
        return unreadable(caller, "a reply that is nested too deeply")


def _failure(error: Exception) -> Reply | CallFailed:
    if isinstance(error, Filtered):
        return Reply(str(error), Finish.FILTER, Usage())
    if isinstance(error, ModelRefused):
        return CallFailed(str(error))
    assert isinstance(error, CallFailed)
    return error
