"""Blind votes: the heavyweight model labels rows without seeing the labels they have. One call a row, priced
before it is asked.

A vote is evidence for a doubtful label (core/label_errors/suspects.py), no label itself. The model is told the label
set and its definitions, nothing of the other rows, so that wrong labels among them do not spread.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.costs.call_price import CallPrice, ReplyEstimate, mean_size, price_of_calls
from core.errors import CallFailed, CapReached, Stopped, UsageError
from core.llm.connections import ModelContext
from core.prompts.replies import predict
from core.prompts.starting_prompt import starting_prompt
from core.similarity.requests import classify_requests
from core.tuning.session import OnProgress, Session
from core.types import Dataset, Example, LabelSet, Outcome, Progress, Reply, Request, Settings

VOTE = ReplyEstimate(tokens=(25, 80), thought_tokens=(200, 1_500), latency=5.0)
EDITOR = "offline:editor"


def vote_requests(rows: Sequence[Example], labels: LabelSet, structured: bool = False) -> list[Request]:
    """One per row, in order; nothing of the row but its text."""
    return classify_requests(
        starting_prompt(labels), [row.text for row in rows], labels.names if structured else ()
    )


def run(
    session: Session, dataset: Dataset, ids: Collection[str], on_progress: OnProgress = lambda progress: None
) -> dict[str, str]:
    """By row id, the label that the heavyweight model gives it. Rows without a vote are those whose reply
    failed or names no label of the set, and those not reached when a cap was reached or `on_progress` raised
    Stopped: what was paid for is returned.

    Raises UsageError for a model that reads no texts, ModelRefused, and CapReached where not one call was
    allowed.
    """
    if session.heavyweight.name == EDITOR:
        raise UsageError(
            "The offline editor only counts words, so it has no vote: choose another heavyweight model."
        )
    wanted = set(ids)
    rows = [row for row in dataset.examples if row.id in wanted]
    if not rows:
        return {}
    requests, what = vote_requests(rows, dataset.labels, session.structured), "The heavyweight model votes"
    on_progress(Progress(what, 0, len(rows)))
    replies: Sequence[Reply | CallFailed | None]
    try:
        replies = session.ask_all(
            session.heavyweight,
            requests,
            concurrency=session.concurrency,
            on_reply=lambda done, total: on_progress(Progress(what, done, total)),
        )
    except (CapReached, Stopped) as reached:
        if not any(reached.replies):
            raise
        replies = reached.replies
    return _votes(rows, replies, dataset.labels.names)


def _votes(
    rows: Sequence[Example], replies: Sequence[Reply | CallFailed | None], labels: Sequence[str]
) -> dict[str, str]:
    read = [
        predict(row.id, reply, labels) for row, reply in zip(rows, replies, strict=False) if reply is not None
    ]
    return {each.example_id: each.label for each in read if each.outcome is Outcome.LABEL}


def price(settings: Settings, dataset: Dataset, ids: Collection[str], shared: ModelContext) -> CallPrice:
    """What the votes take, were nothing in the cache: `part.calls`, `part.of_all(part.tokens)`,
    `part.of_all(part.usd)` where the price is known, `part.seconds`. Input is measured from the very
    requests, output assumed."""
    wanted = set(ids)
    requests = vote_requests([row for row in dataset.examples if row.id in wanted], dataset.labels)
    return price_of_calls(settings, "heavyweight", len(requests), mean_size(requests), shared, VOTE)
