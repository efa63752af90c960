"""From a reply to a prediction, whatever its prompt asks for: one label, several, or a free answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import CallFailed
from core.label_sets.answers import read_names
from core.label_sets.sets import SEPARATOR, set_label
from core.prompts.replies import predict, predict_answer
from core.types import Finish, Outcome, Prediction, Prompt, Reply


def predict_reply(
    example_id: str, reply: Reply | CallFailed, asked: tuple[Prompt, Sequence[str]], tagged: bool
) -> Prediction:
    """What the reply says to a prompt with these labels: a set of them, one of them, or, without labels, an answer.
    `tagged`: the prompt asks for the <label> tag."""
    prompt, labels = asked
    if prompt.several:
        return predict_set(example_id, reply, prompt.several, tagged)
    return predict(example_id, reply, labels) if labels else predict_answer(example_id, reply, tagged)


def predict_set(
    example_id: str, reply: Reply | CallFailed, labels: Sequence[str], tagged: bool
) -> Prediction:
    """`label` is the set of the labels that the answer names ("billing; bug"), `said` all that it names, what is no
    label of the set among it. Without a label of the set the outcome is unknown label, without an answer
    unreadable. Never raises, whatever the reply holds."""
    read = predict_answer(example_id, reply, tagged)
    if isinstance(reply, CallFailed) or read.outcome is Outcome.FAILED:
        return read
    known, unknown, answer = read_names(reply.text, labels, tagged, reply.finish is Finish.LENGTH)
    if not answer:
        return replace(read, outcome=Outcome.UNREADABLE, label="", said="")
    label = set_label(known)
    said = SEPARATOR.join([label, *unknown] if known else unknown) or answer
    return replace(
        read,
        outcome=Outcome.LABEL if known else Outcome.UNKNOWN_LABEL,
        label=label,
        said=said,
        error="",
    )
