"""A cascade at work: texts answered by the local model, by the prompt, or by nobody."""

from __future__ import annotations

from collections.abc import Sequence

from core.confidence.agreement import agreement_with, sample_requests
from core.confidence.cascade import Abstention, AnsweredBy, Cascade, CascadeAnswer
from core.confidence.coverage import step_of
from core.confidence.local_model import LocalAnswer, LocalModel
from core.confidence.logprobs import label_probability, with_logprobs
from core.errors import CallFailed
from core.llm.base import OnReply
from core.prompts.replies import predict
from core.services.evaluation.evaluate import replies_until_end
from core.similarity.requests import classify_requests
from core.tuning.session import Session
from core.types import Outcome, Prediction, Reply, Request

BY_LOCAL_MODEL = "By the local model: no call was made."


def cascade_answers(
    session: Session, cascade: Cascade, texts: Sequence[str], on_reply: OnReply
) -> tuple[tuple[CascadeAnswer, ...], str]:
    """One per text, in order, and a sentence where a cap or a stop came first: what was not asked then is a failed call
    that says so. Texts that the local model is sure of cost nothing; the others are asked, and those with a label are
    asked again. ModelRefused where not one reply came."""
    local = _local_answers(cascade, texts)
    left = [text for text, answer in zip(texts, local, strict=True) if answer is None]
    requests = classify_requests(
        cascade.file.prompt,
        left,
        cascade.file.labels if session.structured else (),
        reply_tokens=session.reply_tokens,
    )
    labels, abstain = cascade.file.labels, cascade.abstain
    own = abstain is not None and abstain.logprobs
    if own:
        requests = with_logprobs(requests)
    replies, ended = replies_until_end(session, requests, on_reply) if requests else ([], "")
    predictions = _predictions(replies, labels, ended)
    if abstain is None:
        given = [CascadeAnswer(each, AnsweredBy.PROMPT) for each in predictions]
    elif own:
        given = [_own_answer(*each, abstain) for each in zip(predictions, replies, strict=True)]
    else:
        given, later = _weighed(session, abstain, (requests, predictions, labels), on_reply)
        ended = ended or later
    rest = iter(given)
    return tuple(answer or next(rest) for answer in local), ended


def _local_answers(cascade: Cascade, texts: Sequence[str]) -> list[CascadeAnswer | None]:
    """None where the local model is not sure enough."""
    local = cascade.local
    if local is None:
        return [None] * len(texts)
    return [
        CascadeAnswer(
            Prediction("", Outcome.LABEL, each.label, reason=BY_LOCAL_MODEL),
            AnsweredBy.LOCAL,
            each.confidence,
        )
        if each
        else None
        for each in sure_answers(LocalModel(local.rows), local.threshold, texts)
    ]


def sure_answers(model: LocalModel, threshold: float, texts: Sequence[str]) -> list[LocalAnswer | None]:
    """One per text; None where the model is less sure than the threshold."""
    return [each if step_of(each.confidence) >= threshold else None for each in model.answers(texts)]


def _predictions(
    replies: Sequence[Reply | CallFailed | None], labels: Sequence[str], ended: str
) -> list[Prediction]:
    missing = CallFailed(f"Not asked: {ended}")
    return [predict("", missing if reply is None else reply, labels) for reply in replies]


def _own_answer(
    prediction: Prediction, reply: Reply | CallFailed | None, abstain: Abstention
) -> CascadeAnswer:
    """By the probability that the model itself gave the label; where it sends none, nothing speaks for the answer."""
    if prediction.outcome is Outcome.FAILED or not isinstance(reply, Reply):
        return CascadeAnswer(prediction, AnsweredBy.PROMPT)
    known = label_probability(prediction, reply) or 0.0
    return CascadeAnswer(prediction, AnsweredBy.PROMPT, known, abstained=step_of(known) < abstain.threshold)


def _weighed(
    session: Session,
    abstain: Abstention,
    asked: tuple[Sequence[Request], Sequence[Prediction], Sequence[str]],
    on_reply: OnReply,
) -> tuple[list[CascadeAnswer], str]:
    """The predictions with how many samples agree with each. One whose samples were not all asked is a failed call: it
    is not known whether to give it."""
    requests, predictions, labels = asked
    again = [one for one, each in zip(requests, predictions, strict=True) if each.outcome is Outcome.LABEL]
    further = [each for one in again for each in sample_requests(one, abstain.samples, abstain.temperature)]
    replies, ended = replies_until_end(session, further, on_reply) if further else ([], "")
    samples = _predictions(replies, labels, ended)
    answers, used = [], 0
    for each in predictions:
        own = samples[used : used + abstain.samples] if each.outcome is Outcome.LABEL else []
        used += len(own)
        answers.append(_weighed_answer(each, own, abstain, ended))
    return answers, ended


def _weighed_answer(
    prediction: Prediction, samples: Sequence[Prediction], abstain: Abstention, ended: str
) -> CascadeAnswer:
    if prediction.outcome is Outcome.FAILED:
        return CascadeAnswer(prediction, AnsweredBy.PROMPT)
    unasked = f"Not asked: {ended}"
    if ended and any(each.error == unasked for each in samples):
        return CascadeAnswer(Prediction("", Outcome.FAILED, error=unasked), AnsweredBy.PROMPT)
    share = agreement_with(prediction, samples)
    return CascadeAnswer(prediction, AnsweredBy.PROMPT, share, abstained=step_of(share) < abstain.threshold)
