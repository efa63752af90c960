"""What came of one text that was served, and what of it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.label_sets.sets import label_names
from core.similarity.neighbours import Neighbour
from core.store.feedback.records import ServedCall, ServedPrediction
from core.types import NeighbourSource, Outcome, Request, Usage

Input = str | Mapping[str, str]  # a text as it is sent, or the fields that a prompt's template makes one of


@dataclass(frozen=True, slots=True)
class Classification:
    """What came of one text. `label` is set for outcome LABEL only, `error` says why a call failed, or that an
    unreadable reply was cut off. `examples` are
    the neighbours that were shown, least similar first, chosen from `examples_from` (None: the prompt has no
    neighbours). `again`: it was served before under this id, and is what was said then (`request` is None,
    `usage` empty). `reply` is the whole text that the model wrote. `several`: the label is a set ("billing; bug").
    `answered_by` is "prompt" or a cascade's "local" model, `confidence` (0 to 1) how sure that is, None where nothing
    measured it."""

    prediction_id: str
    text: str
    outcome: Outcome
    label: str
    reason: str
    said: str
    model: str
    examples: tuple[Neighbour, ...] = ()
    error: str = ""
    cached: bool = False
    cost_usd: float | None = None
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)
    request: Request | None = None
    again: bool = False
    reply: str = ""
    examples_from: NeighbourSource | None = None
    several: bool = False
    answered_by: str = "prompt"
    confidence: float | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """One by one, where the prompt may name several; else the one there is."""
        if self.several:
            return label_names(self.label)
        return (self.label,) if self.label else ()

    @property
    def unsure_label(self) -> str:
        """The one that was not given, for outcome ABSTAINED."""
        return self.said if self.outcome is Outcome.ABSTAINED else ""


def served_call(made: Classification) -> ServedCall:
    """What is kept beside the answer, so that it can be looked up by its id."""
    return ServedCall(
        made.request,
        made.reply,
        made.examples,
        made.usage,
        made.seconds,
        made.cached,
        made.error,
        made.answered_by,
        made.confidence,
    )


def served_again(answer: ServedPrediction, call: ServedCall | None, several: bool) -> Classification:
    """What was said under this id before."""
    call = call or ServedCall()
    return Classification(
        answer.id,
        answer.text,
        Outcome(answer.outcome),
        answer.label,
        answer.reason,
        answer.said,
        answer.model,
        cost_usd=0.0,
        cached=True,
        again=True,
        several=several,
        answered_by=call.answered_by,
        confidence=call.confidence,
    )
