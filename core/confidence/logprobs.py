"""Confidence by log-probabilities: how likely the model itself took the label that it wrote, for servers that say so.

Of the tokens of a reply those that spell the answer count; their probabilities are multiplied. A model that reasons
first is often nearly certain by then: the figure is not calibrated, so a threshold on it has to be measured."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace

from core.types import Outcome, Prediction, Reply, Request

_BEFORE_ANSWER = re.compile(r"<\s*label\s*>\s*|\"label\"\s*:\s*\"?", re.IGNORECASE)


def no_logprobs(model: str) -> str:
    """The sentence where they are wanted and not given."""
    return f"{model} sends no log-probabilities of its tokens with its replies: measure with samples instead."


def with_logprobs(requests: Sequence[Request]) -> list[Request]:
    return [replace(each, logprobs=True) for each in requests]


def label_probability(answer: Prediction, reply: Reply) -> float | None:
    """0 to 1. None where the reply names no label of the list, or came without log-probabilities."""
    if answer.outcome is not Outcome.LABEL or not reply.logprobs:
        return None
    place = _place(answer.said, reply.text)
    if place is None:
        return None
    total = _sum_between(reply, *place)
    return None if total is None else math.exp(total)


def _place(said: str, text: str) -> tuple[int, int] | None:
    """Where the answer stands, in bytes from the end of the reply: the last tag or key that holds it, else the last
    place at all."""
    spellings = dict.fromkeys((said, json.dumps(said)[1:-1], json.dumps(said, ensure_ascii=False)[1:-1]))
    found = [
        (mark.end(), len(spelling))
        for mark in _BEFORE_ANSWER.finditer(text)
        for spelling in spellings
        if text.startswith(spelling, mark.end())
    ]
    at, length = found[-1] if found else (text.rfind(said), len(said))
    return (_bytes(text[at:]), _bytes(text[at + length :])) if at >= 0 and said else None


def _sum_between(reply: Reply, begins: int, ends: int) -> float | None:
    """Of the tokens that have a byte there. The last token ends where the reply ends, whatever prefix it has."""
    left, total, counted = sum(length for length, _ in reply.logprobs), 0.0, False
    if begins > left:
        return None
    for length, logprob in reply.logprobs:
        if left > ends and left - length < begins:
            if logprob > 0:  # not told
                return None
            total, counted = total + logprob, True
        left -= length
    return total if counted else None


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
