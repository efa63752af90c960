"""A prompt's evaluation on examples: a request for each, the lightweight model's replies, the figures."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import CallFailed, UsageError
from core.llm.base import OnReply
from core.metrics.metrics import evaluation
from core.prompts.replies import in_tag, predict, predict_answer
from core.scoring.label_sets import scored_set
from core.similarity.requests import classify_requests
from core.tuning.free_answers.judged import judged
from core.tuning.session import Session
from core.types import Evaluation, Example, Prediction, Prompt, Reply, Request


def evaluate(
    session: Session,
    prompt: Prompt,
    examples: Sequence[Example],
    labels: Sequence[str],
    on_reply: OnReply | None = None,
) -> Evaluation:
    """As evaluate_requests, with the prompt's own requests."""
    texts = [example.text for example in examples]
    choices = labels if session.structured else ()
    requests = classify_requests(prompt, texts, choices, reply_tokens=session.reply_tokens)
    return evaluate_requests(session, requests, examples, labels, on_reply)


def evaluate_requests(
    session: Session,
    requests: Sequence[Request],
    examples: Sequence[Example],
    labels: Sequence[str],
    on_reply: OnReply | None = None,
) -> Evaluation:
    """Predictions in the order of `examples`, of which each has a request; a failed call becomes a prediction
    that says so. Raises ModelRefused, CapReached, and whatever `on_reply(done, total)` raises."""
    replies = session.ask_all(
        session.lightweight, requests, concurrency=session.concurrency, on_reply=on_reply
    )
    if session.judge is None:
        predictions = scored_predictions(session, requests, examples, replies, labels)
    else:
        answers = free_answers(requests, examples, replies)
        predictions = judged(session, session.judge, examples, answers, on_reply)
    return evaluation(examples, predictions, labels)


def scored_predictions(
    session: Session,
    requests: Sequence[Request],
    examples: Sequence[Example],
    replies: Sequence[Reply | CallFailed],
    labels: Sequence[str],
) -> list[Prediction]:
    """What the replies say of the examples, in their order: a label each, or an answer with the score that the
    session's scorer gives it. UsageError where there are neither labels nor a scorer: nothing may look wrong only
    since nobody could say what is right."""
    scorer = session.scorer
    if scorer is None and not labels:
        raise UsageError(
            "The answers of this prompt are free, and only a scorer can say what they are worth: "
            "measure it with evaluate --scorer."
        )
    if scorer is None:
        return [predict(example.id, reply, labels) for example, reply in zip(examples, replies, strict=True)]
    if scorer.labels:
        return [
            scored_set(scorer, example, reply, in_tag(request))
            for request, example, reply in zip(requests, examples, replies, strict=True)
        ]
    answers = free_answers(requests, examples, replies)
    return [scorer.scored(example, answer) for example, answer in zip(examples, answers, strict=True)]


def free_answers(
    requests: Sequence[Request], examples: Sequence[Example], replies: Sequence[Reply | CallFailed]
) -> list[Prediction]:
    """What the replies answer, before anybody has scored it."""
    return [
        predict_answer(example.id, reply, in_tag(request))
        for request, example, reply in zip(requests, examples, replies, strict=True)
    ]
