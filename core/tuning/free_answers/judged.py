"""Answers scored by a judge: as many calls to its model as there are answers, through the session that asked for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from core.errors import CallFailed
from core.llm.base import OnReply
from core.scoring.constant import Constant, best_constant
from core.tuning.session import JudgeModel, Session
from core.types import Example, Outcome, Prediction, Reply, Request


def judged(
    session: Session,
    by: JudgeModel,
    examples: Sequence[Example],
    answers: Sequence[Prediction],
    on_reply: OnReply | None = None,
) -> list[Prediction]:
    """The answers to the examples with their scores, in their order. Raises as `ask_all` does."""
    requests = judge_requests(by, examples, answers)
    replies = session.ask_all(by.model, requests, concurrency=session.concurrency, on_reply=on_reply)
    return with_verdicts(by, examples, answers, replies)


def judge_requests(
    by: JudgeModel, examples: Sequence[Example], answers: Sequence[Prediction]
) -> list[Request]:
    """One for each answer that is one, in their order."""
    return by.judge.requests(
        [
            (example, answer.label)
            for example, answer in zip(examples, answers, strict=True)
            if answer.outcome is Outcome.LABEL
        ]
    )


def with_verdicts(
    by: JudgeModel,
    examples: Sequence[Example],
    answers: Sequence[Prediction],
    replies: Sequence[Reply | CallFailed],
) -> list[Prediction]:
    """`replies` are those to `judge_requests`. What is no answer scores 0, a failed call has no score."""
    verdicts = iter(replies)
    return [
        by.judge.scored(example, answer, next(verdicts))
        if answer.outcome is Outcome.LABEL
        else answer
        if answer.outcome is Outcome.FAILED
        else replace(answer, score=0.0)
        for example, answer in zip(examples, answers, strict=True)
    ]


def constant_answer(session: Session, examples: Sequence[Example]) -> Constant:
    """The best constant answer by the session's scorer. A judge is asked of the most frequent reference answer alone, once
    a row. Raises as `ask_all` does."""
    assert session.scorer is not None
    if session.judge is None or not examples:
        return best_constant(session.scorer, examples)
    [(answer, _)] = Counter(example.label for example in examples).most_common(1)
    given = [Prediction(example.id, Outcome.LABEL, answer) for example in examples]
    scored = tuple(judged(session, session.judge, examples, given))
    scores = [each.score or 0.0 for each in scored]
    return Constant(answer, scored, sum(scores) / len(scores), scores.count(1.0) / len(scores))
