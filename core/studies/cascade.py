"""Knowing when not to answer: would a local model do for some rows, and where is the prompt too unsure? Thresholds are
chosen on validation rows and measured on test rows, which no threshold has seen.

Without samples and log-probabilities nothing is asked: the run has read these rows with this prompt, and the local
model costs nothing. With log-probabilities each row is asked once more, and these answers are the ones that count: they
come as they are served later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.confidence.agreement import agreement_with, sample_requests
from core.confidence.coverage import Gate, gate_of
from core.confidence.local_model import LocalAnswer, LocalModel
from core.confidence.logprobs import label_probability, no_logprobs, with_logprobs
from core.confidence.trial import CascadeRows, CascadeTrial, CascadeWish, WayFigures
from core.costs.call_price import CallPrice, mean_size, price_of_calls
from core.data.splits import HELD_OUT
from core.errors import CallFailed, UsageError
from core.llm.connections import ModelContext
from core.metrics.comparison import compare
from core.metrics.metrics import right
from core.prompts.replies import predict
from core.similarity.requests import classify_requests
from core.tuning.session import OnProgress, Session
from core.types import Example, Outcome, Prediction, Progress, Prompt, Reply, Request, Settings


@dataclass(frozen=True, slots=True)
class _Row:
    """A scored row: what the prompt says and how sure that is, by samples or log-probabilities (None: not measured), what
    the local model says."""

    example: Example
    answer: Prediction
    confidence: float | None
    local: LocalAnswer | None

    @property
    def is_right(self) -> bool:
        return right(self.answer, self.example.label)

    @property
    def local_is_right(self) -> bool:
        return self.local is not None and self.local.label == self.example.label

    @property
    def local_prediction(self) -> Prediction:
        return Prediction(self.example.id, Outcome.LABEL, self.local.label if self.local else "")


def run(
    session: Session,
    prompt: Prompt,
    rows: CascadeRows,
    labels: Sequence[str],
    wish: CascadeWish,
    on_progress: OnProgress = lambda progress: None,
) -> CascadeTrial:
    """Raises UsageError without validation rows, DataError where nothing can be learned, ModelRefused, CapReached and
    Stopped; replies that came are in the cache then."""
    check_rows(rows)
    model = LocalModel(rows.learned) if wish.local else None
    parts = {}
    for part in HELD_OUT:
        read = _read(rows, part)
        if wish.logprobs:
            answers = _own_answers(session, prompt, read, labels, on_progress)
        else:
            answers = _agreements(session, prompt, read, labels, wish, on_progress)
        parts[part] = _scored([example for example, _ in read], answers, model)
    validation = parts["validation"]
    target = wish.target
    if target is None:
        target = sum(row.is_right for row in validation) / len(validation)
    local = _local_gate(validation, target) if model else None
    gates = local, _confidence_gate(validation, local, target) if wish.asks else None
    figures = {part: _ways(each, gates, wish.samples) for part, each in parts.items() if each}
    return CascadeTrial(wish, target, *gates, figures)


def price(
    settings: Settings, prompt: Prompt, rows: CascadeRows, wish: CascadeWish, shared: ModelContext
) -> CallPrice:
    """What `run` would take, were nothing in the cache. Raises UsageError without validation rows."""
    check_rows(rows)
    asked = (each for part in HELD_OUT for each in _read(rows, part))
    texts = [example.text for example, answer in asked if wish.logprobs or answer.outcome is Outcome.LABEL]
    size = mean_size(classify_requests(prompt, texts)) if wish.asks else 0.0
    calls = len(texts) * (1 if wish.logprobs else wish.samples)
    return price_of_calls(settings, "lightweight", calls, size, shared)


def check_rows(rows: CascadeRows) -> None:
    read = rows.readings.get("validation")
    if read is None or not read.metrics.n:
        raise UsageError(
            "The run has not measured this step on validation rows, so no threshold can be chosen: choose another step."
        )


# ---- private


_Read = tuple[Example, Prediction]
_Answer = tuple[Prediction, float | None]


def _read(rows: CascadeRows, part: str) -> list[_Read]:
    """What the run has read, failed calls left out, for every way alike."""
    by_id = {row.id: row for row in rows.rows.get(part, ())}
    read = rows.readings.get(part)
    answers = read.predictions if read else ()
    return [
        (by_id[each.example_id], each)
        for each in answers
        if each.example_id in by_id and each.outcome is not Outcome.FAILED
    ]


def _agreements(
    session: Session,
    prompt: Prompt,
    read: Sequence[_Read],
    labels: Sequence[str],
    wish: CascadeWish,
    on_progress: OnProgress,
) -> list[_Answer]:
    """The answers that were read, with the share of samples that agree; only with a label can any."""
    asked = [each for each in read if each[1].outcome is Outcome.LABEL]
    if not wish.samples or not asked:
        return [(answer, None) for _, answer in read]
    choices = labels if session.structured else ()
    texts = [example.text for example, _ in asked]
    requests = classify_requests(prompt, texts, choices, reply_tokens=session.reply_tokens)
    further = [each for one in requests for each in sample_requests(one, wish.samples, wish.temperature)]

    replies = _replies(session, further, on_progress)
    agreements: dict[str, float] = {}
    for at, (example, answer) in enumerate(asked):
        own = replies[at * wish.samples : (at + 1) * wish.samples]
        agreements[example.id] = agreement_with(answer, [predict(example.id, each, labels) for each in own])
    return [(answer, agreements.get(example.id)) for example, answer in read]


def _own_answers(
    session: Session, prompt: Prompt, read: Sequence[_Read], labels: Sequence[str], on_progress: OnProgress
) -> list[_Answer]:
    """Answers of now, each with the probability that the model gave its label. UsageError where it gives none."""
    choices, texts = labels if session.structured else (), [example.text for example, _ in read]
    requests = with_logprobs(classify_requests(prompt, texts, choices, reply_tokens=session.reply_tokens))
    replies = _replies(session, requests, on_progress)
    answers: list[_Answer] = []
    for (example, _), reply in zip(read, replies, strict=True):
        answer = predict(example.id, reply, labels)
        known = None if isinstance(reply, CallFailed) else label_probability(answer, reply)
        answers.append((answer, known))
    if read and all(known is None for _, known in answers):
        raise UsageError(no_logprobs(session.lightweight.name))
    return answers


def _replies(
    session: Session, requests: Sequence[Request], on_progress: OnProgress
) -> list[Reply | CallFailed]:
    def on_reply(done: int, total: int) -> None:
        on_progress(Progress("Asking again", done, total))

    return session.ask_all(session.lightweight, requests, concurrency=session.concurrency, on_reply=on_reply)


def _scored(examples: Sequence[Example], answers: Sequence[_Answer], model: LocalModel | None) -> list[_Row]:
    """Calls that failed are left out, for every way alike."""
    local = model.answers([row.text for row in examples]) if model else [None] * len(examples)
    return [
        _Row(row, answer, confidence, guess)
        for row, (answer, confidence), guess in zip(examples, answers, local, strict=True)
        if answer.outcome is not Outcome.FAILED
    ]


def _local_gate(validation: Sequence[_Row], target: float) -> Gate:
    return gate_of([(row.local.confidence, row.local_is_right) for row in validation if row.local], target)


def _confidence_gate(validation: Sequence[_Row], local: Gate | None, target: float) -> Gate | None:
    """What the local model answers counts towards the target, which is for all answers together. None where it leaves no
    row to the prompt."""
    left = [(row.confidence or 0.0, row.is_right) for row in validation if not _locally(row, local)]
    if not left:
        return None
    return gate_of(left, target, [row.local_is_right for row in validation if _locally(row, local)])


def _locally(row: _Row, gate: Gate | None) -> bool:
    return gate is not None and row.local is not None and gate.passes(row.local.confidence)


def _ways(
    rows: Sequence[_Row], gates: tuple[Gate | None, Gate | None], samples: int
) -> tuple[WayFigures, ...]:
    """The prompt alone, and what the gates make possible."""
    local, agreement = gates
    examples, answers = [row.example for row in rows], [row.answer for row in rows]
    ways = [WayFigures("prompt", len(rows), len(rows), sum(row.is_right for row in rows), 0, len(rows))]
    first = [row for row in rows if _locally(row, local)]
    rest = [row for row in rows if not _locally(row, local)]
    first_right = sum(row.local_is_right for row in first)
    if local is not None:
        alone = [row.local_prediction for row in rows]
        correct = sum(row.local_is_right for row in rows)
        compared = compare(examples, answers, alone)
        ways.append(WayFigures("local", len(rows), len(rows), correct, len(rows), 0, compared))
    if local is not None and local.threshold is not None:
        mixed = [row.local_prediction if _locally(row, local) else row.answer for row in rows]
        correct = first_right + sum(row.is_right for row in rest)
        compared = compare(examples, answers, mixed)
        ways.append(WayFigures("cascade", len(rows), len(rows), correct, len(first), len(rest), compared))
    if agreement is not None and agreement.threshold:
        given = [row for row in rest if agreement.passes(row.confidence or 0.0)]
        correct = first_right + sum(row.is_right for row in given)
        answered, calls = len(first) + len(given), len(rest) * (1 + samples)
        ways.append(WayFigures("abstaining", len(rows), answered, correct, len(first), calls))
    return tuple(ways)
