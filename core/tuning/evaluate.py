"""A prompt on some rows: ask the lightweight model about each, read the replies, count."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.metrics.metrics import evaluation
from core.prompts.neighbours import neighbours_of
from core.prompts.rendering import render
from core.prompts.replies import predict
from core.tuning.session import Session
from core.types import Evaluation, Example, Prompt, Request, Shot

REPLY_TOKENS = 500  # a sentence of reason and a label, with room for a talkative model


def classify_requests(
    prompt: Prompt,
    texts: Sequence[str],
    choices: Sequence[str] = (),
    shown: Sequence[Sequence[Shot]] | None = None,
) -> list[Request]:
    """One request per text, in order. With `choices`, the model is held to these labels by structured output,
    where it has that. `shown`: per text the neighbours of a prompt that shows similar rows, least similar
    first; None: chosen from the prompt's own."""
    neighbours = neighbours_of(prompt.few_shot, texts) if shown is None else shown
    return [
        Request(render(prompt, text, shots), REPLY_TOKENS, tuple(choices))
        for text, shots in zip(texts, neighbours, strict=True)
    ]


def evaluate(
    session: Session,
    prompt: Prompt,
    examples: Sequence[Example],
    labels: Sequence[str],
    on_reply: Callable[[int, int], None] | None = None,
    shown: Sequence[Sequence[Shot]] | None = None,
) -> Evaluation:
    """Predictions in the order of `examples`; a failed call becomes a prediction that says so. `shown` as for
    classify_requests.

    Raises ModelRefused, CapReached, and whatever `on_reply(done, total)` raises.
    """
    requests = classify_requests(
        prompt, [example.text for example in examples], labels if session.structured else (), shown
    )
    replies = session.ask_all(
        session.lightweight, requests, concurrency=session.concurrency, on_reply=on_reply
    )
    predictions = [
        predict(example.id, reply, labels) for example, reply in zip(examples, replies, strict=True)
    ]
    return evaluation(examples, predictions, labels)
