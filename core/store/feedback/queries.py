"""Feedback as it stands: what was undone in the rows since counts as discarded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Join, Select, and_, case, select
from sqlalchemy import Row as SqlRow

from core.errors import Conflict, NotFound
from core.store.feedback.apply_feedback import as_feedback
from core.store.feedback.records import Feedback, State
from core.store.schema.feedback_tables import feedback
from core.store.schema.tables import change_sets

# What was undone in the rows is in them no more; redone, it is again.
STANDS: ColumnElement[str] = case(
    (
        and_(feedback.c.state == State.APPLIED, feedback.c.set_id != "", change_sets.c.state != "applied"),
        State.DISCARDED.value,
    ),
    else_=feedback.c.state,
)
WITHDRAWN = "undone in the rows"


def feedback_row(connection: Connection, feedback_id: str) -> SqlRow[Any]:
    row = connection.execute(feedback_query().where(feedback.c.id == feedback_id)).first()
    if row is None:
        raise NotFound(
            "There is no such feedback: its dataset may have been deleted; look at the list again."
        )
    return row


def feedback_with_sets() -> Join:
    return feedback.outerjoin(change_sets, change_sets.c.id == feedback.c.set_id)


def feedback_query() -> Select[Any]:
    return select(*feedback.c, STANDS.label("stands")).select_from(feedback_with_sets())


def as_it_stands(row: SqlRow[Any]) -> Feedback:
    post = as_feedback(row)
    return post if row.stands == post.state else replace(post, state=State(row.stands), why=WITHDRAWN)


def earlier_post(connection: Connection, post: Feedback) -> Feedback | None:
    """The post that this one repeats, if it does. Conflict where its key was used for something else."""
    f = feedback.c
    of_prediction = (
        feedback_query()
        .where(f.dataset_id == post.dataset_id, f.prediction_id == post.prediction_id)
        .order_by(f.number.desc())
    )
    rows = connection.execute(of_prediction).all()
    if post.key:
        known = next((row for row in rows if row.key == post.key), None)
        if known is not None and not _same(known, post):
            raise Conflict(
                "The key “"
                + post.key
                + "” was used for other feedback on this prediction: use another key to say more."
            )
    else:
        known = next((row for row in rows if row.who == post.who and not row.key), None)
        known = known if known is not None and _same(known, post) else None
    return as_it_stands(known) if known is not None else None


def _same(row: SqlRow[Any], post: Feedback) -> bool:
    return (row.score, row.correction, row.note, row.who) == (
        post.score,
        post.correction,
        post.note,
        post.who,
    )
