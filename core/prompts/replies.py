"""From a reply to a prediction: one of four outcomes, never mixed.

The last complete <label>…</label> counts, compared to the label set after folding (core/prompts/matching.py),
never by substring. A reply that was stopped short, refused or empty and names no label of the set is a failed
call, not a wrong answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import CallFailed
from core.prompts.matching import match_label
from core.types import Finish, Outcome, Prediction, Reply

REASON_LENGTH = 1_000  # characters

_TAG = re.compile(r"<\s*(?:(/)\s*)?label\s*>", re.IGNORECASE)
_HALF_CLOSED = re.compile(r"<(?:\s*/(?:\s*l(?:a(?:b(?:el?)?)?)?)?)?\Z", re.IGNORECASE)
_FENCE = re.compile(r"\A```\w*\s*\n(.*)\n```\Z", re.DOTALL)
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


@dataclass(frozen=True, slots=True)
class _Reading:
    """What stands in a reply: `label` is of the set or empty; `answer` is None where no answer is readable."""

    label: str = ""
    answer: str | None = None
    reason: str = ""


def predict(example_id: str, reply: Reply | CallFailed, labels: Sequence[str]) -> Prediction:
    """What the reply says of the example. Never raises, whatever the reply holds."""
    if isinstance(reply, CallFailed):
        return Prediction(example_id, Outcome.FAILED, error=str(reply) or "The call brought no reply.")
    read = _read(reply.text, labels, stopped_short=reply.finish is Finish.LENGTH)
    cut_off = reply.finish is Finish.LENGTH and not read.label
    error = "" if read.label else _cut_off(reply) if cut_off else _error(reply)
    if read.label:
        outcome = Outcome.LABEL
    elif cut_off:
        outcome = Outcome.UNREADABLE
    elif error:
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.UNREADABLE if read.answer is None else Outcome.UNKNOWN_LABEL
    return Prediction(
        example_id,
        outcome,
        label=read.label,
        said="" if cut_off else read.answer or "",
        reason=read.reason,
        reply=reply.text,
        error=error,
        cached=reply.cached,
    )


def _cut_off(reply: Reply) -> str:
    limit = f"{reply.usage.output:,} tokens" if reply.usage.output else "its length limit"
    return f"The reply was cut off at {limit} before it named a label: allow longer replies."


def _error(reply: Reply) -> str:
    return _STOPPED.get(reply.finish) or ("" if reply.text.strip() else _EMPTY)


def _read(text: str, labels: Sequence[str], stopped_short: bool) -> _Reading:
    structured = _structured(text)
    if structured is not None:
        answer, reason = structured
        return _reading(answer, reason, labels)
    closed, unclosed = _label_tags(text)
    if (
        unclosed is not None and not stopped_short
    ):  # a label cut off in the middle may look like a shorter one
        answer = _HALF_CLOSED.sub("", text[unclosed[1] :].rstrip()).strip()
        ends_the_reply = closed is None and answer and "\n" not in answer
        if match_label(answer, labels) or ends_the_reply:
            return _reading(answer, text[: unclosed[0]], labels)
    if closed is not None:
        start, inner, end = closed
        return _reading(text[inner:end], text[:start], labels)
    whole = match_label(text.strip(), labels)
    return _Reading(whole, text.strip()) if whole else _Reading()


def _reading(answer: str, before: str, labels: Sequence[str]) -> _Reading:
    answer = answer.strip()
    return _Reading(match_label(answer, labels), answer or None, _reason(before))


def _structured(text: str) -> tuple[str, str] | None:
    """Label and reason of a reply that is one JSON object {"reason": …, "label": …}, fenced or not."""
    body = text.strip()
    fenced = _FENCE.match(body) if body.endswith("\n```") else None  # else it would try every line
    body = fenced[1].strip() if fenced else body
    if not (body.startswith("{") and body.endswith("}")):
        return None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not isinstance(content.get("label"), str):
        return None
    reason = content.get("reason")
    return content["label"], reason if isinstance(reason, str) else ""


def _label_tags(text: str) -> tuple[tuple[int, int, int] | None, tuple[int, int] | None]:
    """The last complete tag (where it starts, where its inside starts and ends) and a later one never
    closed."""
    closed: tuple[int, int, int] | None = None
    opened: tuple[int, int] | None = None
    for tag in _TAG.finditer(text):
        if not tag[1]:
            opened = tag.span()
        elif opened is not None:
            closed, opened = (*opened, tag.start()), None
    return closed, opened


def _reason(before: str) -> str:
    """The text before the answer, without a "Reason:" in front or a "Label:" behind."""
    text = _HEAD.sub("", before.strip(), count=1)
    rest, window = text[:-_TAIL_WINDOW], text[-_TAIL_WINDOW:]
    text = (rest + _TAIL.sub("", window)).strip()
    return text if len(text) <= REASON_LENGTH else text[: REASON_LENGTH - 1] + "…"
