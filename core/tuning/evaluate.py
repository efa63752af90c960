"""A prompt's evaluation on examples: a request for each, the lightweight model's replies, the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.errors import CallFailed, UsageError
from core.metrics.metrics import evaluation
from core.prompts.rendering import STOP, asks_for_tag, render
from core.prompts.replies import in_tag, predict, predict_answer
from core.scoring.label_sets import scored_set
from core.similarity.shortlist import Shortener, neighbours_read, shown_of
from core.tuning.session import Session
from core.types import Evaluation, Example, Prediction, Prompt, Reply, Request, Shot
from core.types.runs import REPLY_TOKENS

OnReply = Callable[[int, int], None]


def classify_requests(
    prompt: Prompt,
    texts: Sequence[str],
    choices: Sequence[str] = (),
    neighbours: Sequence[Sequence[Shot]] | None = None,
    reply_tokens: int = REPLY_TOKENS,
) -> list[Request]:
    """One request per text, in order. With `choices`, the model is held to these labels by structured output,
    where it has that; the schema is the same for every text, shortlist or not, since providers compile each once.
    `neighbours`: per text those that the request of a prompt with similar rows, or a shortlist, is made from
    (`examples_read` says how many), least similar first; None: chosen from the prompt's own. `reply_tokens`: how long
    a reply may be."""
    if neighbours is None:
        neighbours = neighbours_read(prompt, texts)
    stop, shortener = STOP if asks_for_tag(prompt) else "", Shortener(prompt)
    return [
        Request(
            render(shortener.prompt_for(nearest), text, shown_of(prompt, nearest)),
            reply_tokens,
            tuple(choices),
            stop=stop,
        )
        for text, nearest in zip(texts, neighbours, strict=True)
    ]


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
    return evaluation(examples, scored_predictions(session, requests, examples, replies, labels), labels)


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
    return [
        scorer.scored(example, predict_answer(example.id, reply, in_tag(request)))
        for request, example, reply in zip(requests, examples, replies, strict=True)
    ]
