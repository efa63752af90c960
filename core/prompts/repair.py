"""A reply that names no label of the set in the form asked for: what label did it most plausibly mean?

The model that wrote it is asked once more and shown what it said; where that does not help, either, a reply
that names exactly one label in words is taken at its word. A reply that names several, or none, stays unread:
nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from core.prompts.label_match import fold
from core.prompts.starting_prompt import ANSWER_FORM, comma_quoted
from core.prompts.thoughts import split_thoughts
from core.types import Message, Outcome, Prediction, Request

_LETTER = r"[^\W_]"


def meaning_request(request: Request, reply: str, labels: Sequence[str]) -> Request:
    """The same talk, gone on with: the reply as it came, and the question which label it meant."""
    messages = request.messages[:-1] if request.messages[-1].role == "assistant" else request.messages
    named = ", ".join(map(comma_quoted, labels))
    question = f"Which one of these labels did you mean: {named}? Answer with nothing but the label, in this form: {ANSWER_FORM}"
    return replace(request, messages=(*messages, Message("assistant", reply), Message("user", question)))


def label_meant(prediction: Prediction, labels: Sequence[str]) -> str:
    """The one label of the set that stands as words in what was said instead of one, or else in the reply
    outside of its thoughts; "" where none or several do, or the reply was cut off before it came to one."""
    if prediction.outcome is Outcome.UNKNOWN_LABEL:
        return only_label_in(prediction.said, labels)
    return "" if prediction.cut_off else only_label_in(split_thoughts(prediction.reply)[1], labels)


def only_label_in(text: str, labels: Sequence[str]) -> str:
    """The label that is named if only one is, as whole words; a label inside a longer one ("bug" in "no bug")
    is not named by it."""
    rest, meant = fold(text), []
    for label in sorted(labels, key=lambda name: (-len(fold(name)), name)):
        wanted = fold(label)
        if not wanted:
            continue
        whole = re.compile(rf"(?<!{_LETTER}){re.escape(wanted)}(?!{_LETTER})")
        if whole.search(rest):
            meant.append(label)
            rest = whole.sub("\n", rest)
    return meant[0] if len(meant) == 1 else ""
