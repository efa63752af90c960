"""What a rule would have done with the feedback there is: nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from core.prompts.label_match import fold
from core.store.feedback.answers import read_answers
from core.store.feedback.apply_feedback import as_feedback, has_runs
from core.store.feedback.records import (
    CORRECTION,
    INBOX,
    Feedback,
    FeedbackRule,
    Preview,
    RuleEffect,
    RulePreviewEntry,
    State,
)
from core.store.feedback.rule_decisions import checked_rule, effect, effect_of_wrong, note_of, ruled
from core.store.rows.dataset_head import label_set
from core.store.rows.examples import rows_with
from core.store.schema.feedback_tables import feedback
from core.types import LabelSet

PREVIEWED = 5_000  # of past feedback that is looked at, the newest


@dataclass(slots=True)
class _New:
    """A row that the rule would have added before."""

    id: str
    label: str
    note: str
    canonical: bool = False
    split: str = "train"
    review: str = ""


def rule_preview(connection: Connection, rule: FeedbackRule, limit: int) -> Preview:
    """As if this were the only rule (and on), and the rows were as they are now. Of the newest so many.
    UsageError, NotFound."""
    rule = replace(checked_rule(rule), on=True)
    f = feedback.c
    kind = f.score.is_(None) if rule.kind == CORRECTION else f.score.is_not(None)
    newest = (
        select(feedback).where(f.dataset_id == rule.dataset_id, kind).order_by(f.number.desc()).limit(limit)
    )
    labels = label_set(connection, rule.dataset_id)
    posts = [as_feedback(row) for row in connection.execute(newest)]
    entries = _entries(connection, rule, labels, posts[::-1])
    return Preview(len(posts), tuple(entries[::-1]))


def _entries(
    connection: Connection, rule: FeedbackRule, labels: LabelSet, posts: Sequence[Feedback]
) -> list[RulePreviewEntry]:
    """In the order in which it was said: what comes first adds the row that the next finds."""
    tuned = has_runs(connection, rule.dataset_id)
    answers = read_answers(connection, [post.prediction_id for post in posts])
    stored = rows_with(connection, rule.dataset_id, [answer.text for answer in answers.values()])
    added: dict[str, _New] = {}
    entries = []
    for post in posts:
        answer = answers.get(post.prediction_id)
        if answer is None or answer.dataset_id != post.dataset_id:
            continue
        decision = ruled([rule], post, answer, labels)
        if decision.rule is None:
            continue
        if post.state is State.APPLIED:
            what, why = RuleEffect.ALREADY, post.why
        elif decision.way == INBOX:
            what, why = RuleEffect.INBOX, decision.why
        else:
            key = fold(answer.text)
            rows = [added[key]] if key in added else stored.get(key, [])
            what, why = (
                effect(rows, decision.label, note_of(post), tuned)
                if decision.label
                else effect_of_wrong(rows, answer.label)
            )
            if what is RuleEffect.ADD or key in added:
                added[key] = _New(key, decision.label, note_of(post))
        entries.append(RulePreviewEntry(post, answer, decision.label, what, why))
    return entries
