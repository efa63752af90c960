"""From a reply to a prediction: one of four outcomes, never mixed.

core/prompts/answers.py finds the answer. A reply that names no label of the set is unreadable where it was cut off
at its length limit, and a failed call, not a wrong answer, where it is a refusal, filtered or empty. Where there are no
labels the answer is what stands in the last <label>…</label>, or the whole reply where the prompt asks for no tag; it
is for a scorer to say what it is worth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.errors import CallFailed
from core.prompts.answers import Answer, read_answer, read_free_answer
from core.prompts.render import STOP
from core.types import Finish, Outcome, Prediction, Reply, Request

REASON_LENGTH = 1_000  # characters

_HEAD = re.compile(r"\A[\s*_#>-]*reason(?:ing)?\s*(?:[*_]+\s*)?:[\s*_]*", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:\A|(?<=[\n.!?;:)\"'*]))[\s*_#>-]*(?:(?:final|my)\s+)?(?:label|answer)\s*[*_]*\s*:[\s*_]*\Z",
    re.IGNORECASE,
)
_TAIL_WINDOW = 80

_STOPPED = {
    Finish.REFUSAL: "The model refused to answer.",
    Finish.FILTER: "The provider's content filter stopped the reply.",
}
_EMPTY = "The model sent an empty reply."


def predict(example_id: str, reply: Reply | CallFailed, labels: Sequence[str]) -> Prediction:
    """What the reply says of the example. Never raises, whatever the reply holds."""
    if isinstance(reply, CallFailed):
        return Prediction(example_id, Outcome.FAILED, error=str(reply) or "The call brought no reply.")
    cut_off = reply.finish is Finish.LENGTH
    answer = read_answer(reply.text, labels, cut_off)
    return _prediction(example_id, reply, answer)


def predict_answer(example_id: str, reply: Reply | CallFailed, tagged: bool) -> Prediction:
    """As `predict`, of a reply that answers freely: its answer is the label of the prediction, whatever it is.
    `tagged`: only what stands in a <label> tag is an answer."""
    if isinstance(reply, CallFailed):
        return predict(example_id, reply, ())
    answer = read_free_answer(reply.text, tagged, reply.finish is Finish.LENGTH)
    stopped = reply.finish in _STOPPED  # a refusal is no answer, though it is a text
    answer = Answer(reason=answer.reason) if stopped else answer._replace(label=answer.text or "")
    return _prediction(example_id, reply, answer)


def _prediction(example_id: str, reply: Reply, answer: Answer) -> Prediction:
    cut_off = reply.finish is Finish.LENGTH
    error = "" if answer.label else _cut_off(reply) if cut_off else _error(reply)
    if answer.label:
        outcome = Outcome.LABEL
    elif error:
        outcome = Outcome.UNREADABLE if cut_off else Outcome.FAILED
    else:
        outcome = Outcome.UNREADABLE if answer.text is None else Outcome.UNKNOWN_LABEL
    return Prediction(
        example_id,
        outcome,
        label=answer.label,
        said="" if outcome is Outcome.UNREADABLE else answer.text or "",
        reason=_reason(answer.reason),
        reply=reply.text,
        error=error,
        cached=reply.cached,
    )


def _cut_off(reply: Reply) -> str:
    known = reply.usage.output and not reply.usage.estimated
    limit = f"{reply.usage.output:,} tokens" if known else "its length limit"
    return f"The reply was cut off at {limit} before it named a label: allow longer replies."


def _error(reply: Reply) -> str:
    return _STOPPED.get(reply.finish) or ("" if reply.text.strip() else _EMPTY)


def _reason(before: str) -> str:
    """The text before the answer, without a "Reason:" in front or a "Label:" behind."""
    text = _HEAD.sub("", before.strip(), count=1)
    rest, window = text[:-_TAIL_WINDOW], text[-_TAIL_WINDOW:]
    text = (rest + _TAIL.sub("", window)).strip()
    return text if len(text) <= REASON_LENGTH else text[: REASON_LENGTH - 1] + "…"


# ---- answers that are no labels


def in_tag(request: Request) -> bool:
    """Whether the prompt of the request asks for the tag."""
    return request.stop == STOP
