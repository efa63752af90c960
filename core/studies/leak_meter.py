"""The leak meter: how much of a score with neighbour examples would be memory, were near duplicates shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.errors import UsageError
from core.llm.embeddings.row_index import NearRow, RowIndex
from core.metrics.comparison import compare, comparison_in_words
from core.metrics.metrics import by_score, evaluation
from core.similarity.requests import classify_requests
from core.similarity.shortlist import examples_read
from core.tuning.evaluate import evaluate_requests
from core.tuning.session import OnProgress, Session
from core.types import Comparison, Evaluation, Example, FewShot, Objective, Progress, Prompt, Request, Shot
from core.wording import percent


@dataclass(frozen=True, slots=True)
class Leak:
    """One prompt on the same rows with `k` neighbours each. `open`: near duplicates may be shown; `touched`:
    ids of the rows beside which one then stands; `comparison` goes from protected to open."""

    k: int
    protected: Evaluation
    open: Evaluation
    touched: tuple[str, ...]
    comparison: Comparison

    @property
    def points(self) -> float | None:
        """By how much the open score is higher, 0 to 1."""
        before, after = (by_score(each.metrics).accuracy for each in (self.protected, self.open))
        return None if before is None or after is None else after - before


def run(
    session: Session,
    prompt: Prompt,
    neighbours: RowIndex,
    rows: Sequence[Example],
    labels: Sequence[str],
    on_progress: OnProgress = lambda progress: None,
) -> Leak:
    """`prompt.few_shot.k` neighbours out of `neighbours` are shown beside each of `rows`, validation rows.
    Rows whose neighbours are the same either way are asked once. UsageError where nothing can be shown;
    raises what `evaluate` raises."""
    k, texts, ids = prompt.few_shot.k, [row.text for row in rows], [row.id for row in rows]
    if k < 1 or not rows or not neighbours.rows:
        raise UsageError(
            "There is nothing to measure: it takes validation rows, training rows and at least one neighbour."
        )
    choices = labels if session.structured else ()

    def asked(protected: bool) -> list[Request]:
        nearest = neighbours.nearest(texts, examples_read(prompt).k, protected, ids)
        shots = [shots_of(each) for each in nearest]
        return classify_requests(_bare(prompt), texts, choices, shots, session.reply_tokens)

    guarded, loose = asked(True), asked(False)
    touched = [index for index, both in enumerate(zip(guarded, loose, strict=True)) if both[0] != both[1]]
    total = len(rows) + len(touched)
    objective = session.scorer.objective if session.scorer else Objective()

    def read(chosen: Sequence[int], requests: Sequence[Request], what: str, before: int) -> Evaluation:
        def on_reply(done: int, of: int) -> None:
            on_progress(Progress(what, before + done, total))

        examples = [rows[i] for i in chosen]
        return evaluate_requests(session, [requests[i] for i in chosen], examples, labels, on_reply)

    protected = read(range(len(rows)), guarded, "Reading with protected neighbours", 0)
    again = read(touched, loose, "Reading with near duplicates", len(rows)) if touched else None
    by_id = {each.example_id: each for each in again.predictions} if again else {}
    mixed = evaluation(rows, [by_id.get(each.example_id, each) for each in protected.predictions], labels)
    return Leak(
        k,
        protected,
        mixed,
        tuple(ids[i] for i in touched),
        compare(rows, protected.predictions, mixed.predictions, objective),
    )


def leak_in_words(leak: Leak) -> str:
    """One or two sentences, for a screen."""
    n, points = leak.protected.metrics.n, leak.points
    if points is None:
        return "No reply came, so nothing can be said about a leak."
    beside = f"{len(leak.touched):,} of {n:,} validation rows have a near duplicate among the training rows that would be shown"
    if not leak.touched:
        return f"No leak: none of {n:,} validation rows has a near duplicate among the training rows that would be shown."
    first, second = (percent(by_score(each.metrics).accuracy) for each in (leak.protected, leak.open))
    scores = f"{first} protected, {second} without protection"
    return f"{beside}. Score with {leak.k} neighbours: {scores}; without protection, {comparison_in_words(leak.comparison)}."


def shots_of(neighbours: Sequence[NearRow]) -> tuple[Shot, ...]:
    return tuple(near.shot for near in neighbours)


def _bare(prompt: Prompt) -> Prompt:
    """Neighbours are handed in, not chosen from the prompt's own; a shortlist needs these to know which labels may be
    left out."""
    return prompt if prompt.shortlist else replace(prompt, few_shot=FewShot("similar", prompt.few_shot.k))
