"""Texts without a known label: ask the lightweight model about each and read its replies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import CallFailed
from core.prompts.replies import predict
from core.tuning.evaluate import classify_requests
from core.tuning.session import Session
from core.types import Prediction, Prompt, Reply, Request


@dataclass(frozen=True, slots=True)
class Classified:
    """What was asked, what came back (or why nothing did), and what it says."""

    text: str
    request: Request
    reply: Reply | CallFailed
    prediction: Prediction


def classify(
    session: Session,
    prompt: Prompt,
    texts: Sequence[str],
    labels: Sequence[str],
    on_reply: Callable[[int, int], None] | None = None,
) -> tuple[Classified, ...]:
    """One per text, in order; a failed call is among them. Raises ModelRefused, CapReached, and whatever
    `on_reply` raises."""
    requests = classify_requests(prompt, texts, labels if session.structured else ())
    replies = session.ask_all(
        session.lightweight, requests, concurrency=session.concurrency, on_reply=on_reply
    )
    return tuple(
        Classified(text, request, reply, predict(str(number), reply, labels))
        for number, (text, request, reply) in enumerate(zip(texts, requests, replies, strict=True))
    )
