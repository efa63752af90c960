"""A cascade at work where predictions are served: the local model answers what it is sure of, and an answer that too few
samples agree with, or that the model itself was unsure of, is not given."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from core.confidence.agreement import agreement_with, sample_requests
from core.confidence.cascade import Abstention, AnsweredBy, Cascade, LocalPart
from core.confidence.coverage import step_of
from core.confidence.local_model import LocalAnswer, LocalModel
from core.errors import CallFailed
from core.llm.base import OnReply
from core.prompts.replies import predict
from core.services.cascade.answers import BY_LOCAL_MODEL, sure_answers
from core.services.serving.classification import Classification
from core.tuning.session import Session
from core.types import Outcome, Prediction, Reply, Request, Usage
from core.workspace import Workspace


class ServedCascade:
    """Of one dataset; its local model is learned once in a process, when it is first needed. May be used from many
    threads."""

    def __init__(self, workspace: Workspace, dataset_id: str, cascade: Cascade):
        self._workspace = workspace
        self._shelf = "local model " + dataset_id
        self._cascade = cascade
        self._learning = threading.Lock()
        self._learned: LocalModel | None = None
        self.wants_logprobs = cascade.abstain is not None and cascade.abstain.logprobs
        self.samples = (
            cascade.abstain.samples if cascade.abstain else 0
        )  # further calls for an answer of the prompt

    def local_answers(self, texts: Sequence[str]) -> list[LocalAnswer | None]:
        """One per text; None where the local model is not sure enough."""
        local = self._cascade.local
        if local is None or not texts:
            return [None] * len(texts)
        return sure_answers(self._model(local), local.threshold, texts)

    def weighed(
        self, session: Session, answers: Sequence[Classification], on_reply: OnReply | None = None
    ) -> list[Classification]:
        """The prompt's answers with their confidence; those with a label are asked again, and not given where too few
        replies agree. Each has what its samples took. `on_reply` may raise, which ends it. With log-probabilities nothing
        is asked again: the answers bring their confidence along."""
        abstain = self._cascade.abstain
        if abstain is None:
            return list(answers)
        if abstain.logprobs:
            return [
                _gated(each, each.confidence or 0.0, abstain) if each.outcome is Outcome.LABEL else each
                for each in answers
            ]
        asked = [(each.request, each) for each in answers if each.outcome is Outcome.LABEL and each.request]
        further = [sample for request, _ in asked for sample in _samples(request, abstain)]
        replies = session.ask_all(
            session.lightweight, further, concurrency=session.concurrency, on_reply=on_reply
        )
        weighed = {
            each.prediction_id: self._weighed(
                each, replies[at * abstain.samples : (at + 1) * abstain.samples], abstain
            )
            for at, (_, each) in enumerate(asked)
        }
        return [weighed.get(each.prediction_id, each) for each in answers]

    # ---- private

    def _model(self, local: LocalPart) -> LocalModel:
        with self._learning:
            if self._learned is None:  # to compare all rows with those on the shelf takes time, too
                self._learned = self._workspace.cached(self._shelf, local, lambda: LocalModel(local.rows))
            return self._learned

    def _weighed(
        self, answer: Classification, replies: Sequence[Reply | CallFailed], abstain: Abstention
    ) -> Classification:
        names = self._cascade.file.labels
        share = agreement_with(
            Prediction("", Outcome.LABEL, answer.label), [predict("", each, names) for each in replies]
        )
        return _gated(_with_samples(answer, replies), share, abstain)


def local_classification(prediction_id: str, text: str, answer: LocalAnswer) -> Classification:
    """No model was asked: nothing is paid, and there is no request to look at."""
    return Classification(
        prediction_id,
        text,
        Outcome.LABEL,
        answer.label,
        BY_LOCAL_MODEL,
        "",
        str(AnsweredBy.LOCAL),
        cost_usd=0.0,
        answered_by=str(AnsweredBy.LOCAL),
        confidence=answer.confidence,
    )


def _gated(answer: Classification, confidence: float, abstain: Abstention) -> Classification:
    answer = replace(answer, confidence=confidence)
    if step_of(confidence) >= abstain.threshold:
        return answer
    return replace(answer, outcome=Outcome.ABSTAINED, label="", said=answer.label)


def _samples(request: Request, abstain: Abstention) -> list[Request]:
    return sample_requests(request, abstain.samples, abstain.temperature)


def _with_samples(answer: Classification, replies: Sequence[Reply | CallFailed]) -> Classification:
    """With the tokens and the money of the samples. What one costs that has no price is not known."""
    came = [each for each in replies if isinstance(each, Reply)]
    costs = [answer.cost_usd, *(each.cost_usd for each in came if not each.cached)]
    total = None if None in costs else sum(cost or 0.0 for cost in costs)
    usages = [answer.usage, *map(attrgetter("usage"), came)]
    return replace(
        answer,
        cost_usd=total,
        usage=_sum(usages),
        cached=answer.cached and all(each.cached for each in came),
        seconds=answer.seconds + max((each.seconds for each in came), default=0.0),
    )


def _sum(usages: Sequence[Usage]) -> Usage:
    names = ("input", "output", "cached_input", "reasoning", "cache_write")
    tokens = {name: sum(getattr(each, name) for each in usages) for name in names}
    return Usage(**tokens, estimated=any(each.estimated for each in usages))
