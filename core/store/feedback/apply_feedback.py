"""Feedback on its way into the rows: as one undoable change set, inside the transaction of whoever calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, exists, func, insert, literal, select, update
from sqlalchemy import Row as SqlRow

from core.data.fields import stable_id
from core.prompts.label_match import fold
from core.store.codec import decode
from core.store.feedback.records import (
    SOURCE,
    STRAIGHT,
    Feedback,
    FeedbackRule,
    RuleEffect,
    ServedPrediction,
    State,
)
from core.store.feedback.rule_decisions import differing, effect, effect_of_wrong, note_of, ruled
from core.store.records import Row
from core.store.rows.added import insert_rows
from core.store.rows.change_sets import Authorship, ChangeKind, ChangeSet
from core.store.rows.changes import ADDED, checked_label, new_labels
from core.store.rows.dataset_head import lock
from core.store.rows.examples import new_row, rows_with
from core.store.rows.history import quoted_text
from core.store.rows.label_set_changes import extended
from core.store.schema.feedback_tables import feedback
from core.store.schema.tables import examples, runs
from core.types import Example, LabelSet

AS_IT_WAS = " already"  # how the words end where no row had to change


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """What became of a feedback, as it is stored."""

    state: State
    why: str = ""
    example_id: str = ""
    set_id: str = ""


def carry_out(
    connection: Connection,
    rules: tuple[FeedbackRule, ...],
    post: Feedback,
    answer: ServedPrediction,
    at: float,
) -> FeedbackResult:
    """What the rules make of feedback whose answer is known."""
    head = lock(connection, post.dataset_id)
    decision = ruled(rules, post, answer, decode(head.labels, LabelSet))
    if decision.rule is None:
        return FeedbackResult(State.NEW)
    if decision.way != STRAIGHT:
        return FeedbackResult(State.INBOX, decision.why)
    rows = _rows(connection, head, answer.text)
    authorship = Authorship.by(ChangeKind.FEEDBACK, post.who, _provenance(post), at)
    if not decision.label:
        return _call_wrong(
            connection, head, Example("", answer.text, "", post.note, True), answer, authorship
        )
    what, why = effect(rows, decision.label, note_of(post), bool(rows) and has_runs(connection, head.id))
    if what is RuleEffect.INBOX:
        return FeedbackResult(State.INBOX, why)
    wanted = Example("", answer.text, decision.label, note_of(post))
    return enter(connection, head, answer.free, wanted, authorship)


def accept(
    connection: Connection, post: Feedback, answer: ServedPrediction, label: str, authorship: Authorship
) -> FeedbackResult:
    """What a person decided, who may overrule rows as on the Dataset page."""
    head = lock(connection, post.dataset_id)
    wanted = Example("", answer.text, checked_label(label), note_of(post))
    return enter(connection, head, answer.free, wanted, authorship)


def enter(
    connection: Connection, head: SqlRow[Any], free: bool, wanted: Example, authorship: Authorship
) -> FeedbackResult:
    """The rows that have the text get the label (and the note, if there is one); where none has, it becomes a
    row, which never stands in a held-out part of a dataset that has runs. DataError for a label that cannot
    be told from another, but for `free` answers."""
    rows = _rows(connection, head, wanted.text)
    news = differing(rows, wanted.label, wanted.note)
    if rows and not news:
        words = quoted_text(wanted.text) + " had that label" + AS_IT_WAS
        return FeedbackResult(State.APPLIED, words, rows[0].id)
    change_set = ChangeSet(connection, head, authorship)
    if rows:
        what, example_id = _changed(news, wanted.text), rows[0].id
        split = _split(connection, head)
        placed = [(row.id, "split", "", split) for row in rows if split and not (row.label or row.split)]
        change_set.add([*news, *placed])
    else:
        row = _new_row(connection, head, wanted)
        what, example_id = quoted_text(row.text) + " added as “" + row.label + "”", row.id
        insert_rows(connection, head, [row])
        change_set.add([(row.id, ADDED, "", "")])
    labels = extended(change_set.labels, new_labels(change_set.labels, [wanted.label], free))
    change_set.finish(labels, max(1, len({row for row, *_ in news})), "feedback: " + what)
    return FeedbackResult(State.APPLIED, what, example_id, change_set.id)


def waiting_for(
    connection: Connection, answer: ServedPrediction, rules: tuple[FeedbackRule, ...], at: float
) -> None:
    """Carries out what was said of this answer before it came, in the order in which it was said."""
    f = feedback.c
    decision = connection.execute(
        select(feedback)
        .where(f.dataset_id == answer.dataset_id, f.prediction_id == answer.id, f.state == State.WAITING)
        .order_by(f.number)
    ).all()
    for row in decision:
        store_result(connection, row.id, carry_out(connection, rules, as_feedback(row), answer, at))


def store_result(connection: Connection, feedback_id: str, result: FeedbackResult) -> None:
    connection.execute(
        update(feedback)
        .where(feedback.c.id == feedback_id)
        .values(state=result.state, why=result.why, example_id=result.example_id, set_id=result.set_id)
    )


def insert_feedback(connection: Connection, post: Feedback, result: FeedbackResult) -> None:
    connection.execute(
        insert(feedback).values(
            id=post.id,
            dataset_id=post.dataset_id,
            prediction_id=post.prediction_id,
            at=post.at,
            who=post.who,
            key=post.key,
            score=post.score,
            correction=post.correction,
            note=post.note,
            state=result.state,
            example_id=result.example_id,
            set_id=result.set_id,
            why=result.why,
        )
    )


def as_feedback(row: SqlRow[Any]) -> Feedback:
    return Feedback(
        row.id,
        row.dataset_id,
        row.prediction_id,
        row.at,
        row.who,
        row.score,
        row.correction,
        row.note,
        State(row.state),
        row.example_id,
        row.key,
        row.why,
    )


def has_runs(connection: Connection, dataset_id: str) -> bool:
    return bool(connection.scalar(select(exists().where(runs.c.dataset_id == dataset_id))))


# ---- private


def _call_wrong(
    connection: Connection,
    head: SqlRow[Any],
    wanted: Example,
    answer: ServedPrediction,
    authorship: Authorship,
) -> FeedbackResult:
    """A text whose prediction is called wrong becomes a row that waits for its label."""
    rows = _rows(connection, head, wanted.text)
    what, why = effect_of_wrong(rows, answer.label)
    if what is RuleEffect.INBOX:
        return FeedbackResult(State.INBOX, why)
    if rows:
        words = quoted_text(wanted.text) + " has another label" + AS_IT_WAS
        return FeedbackResult(State.APPLIED, words, rows[0].id)
    change_set = ChangeSet(connection, head, authorship)
    row = replace(_new_row(connection, head, wanted), split="")
    insert_rows(connection, head, [row])
    change_set.add([(row.id, ADDED, "", "")])
    words = quoted_text(row.text) + " added, to be labelled"
    change_set.finish(change_set.labels, 1, "feedback: " + words)
    return FeedbackResult(State.APPLIED, words, row.id, change_set.id)


def _rows(connection: Connection, head: SqlRow[Any], text: str) -> list[SqlRow[Any]]:
    return rows_with(connection, head.id, [text]).get(fold(text), [])


def _new_row(connection: Connection, head: SqlRow[Any], wanted: Example) -> Row:
    e = examples.c
    position = connection.scalar(select(func.max(e.position) + 1).where(e.dataset_id == head.id)) or 0
    row = replace(
        wanted, id=_free_id(connection, head, wanted.text), split=_split(connection, head), source=SOURCE
    )
    return new_row(row, position)


def _free_id(connection: Connection, head: SqlRow[Any], text: str) -> str:
    number = 0
    while connection.scalar(
        select(literal(1)).where(examples.c.dataset_id == head.id, examples.c.id == stable_id(text, number))
    ):
        number += 1
    return stable_id(text, number)


def _split(connection: Connection, head: SqlRow[Any]) -> str:
    """To be chosen with the others by the first run; "train" where that is past, or where every row was given
    its split."""
    e = examples.c
    if has_runs(connection, head.id):
        return "train"
    unchosen = connection.scalar(select(exists().where(e.dataset_id == head.id, e.split == "")))
    return (
        "" if unchosen or not connection.scalar(select(exists().where(e.dataset_id == head.id))) else "train"
    )


def _changed(news: list[tuple[str, str, str, str]], text: str) -> str:
    _, field, before, after = news[0]
    what = "from “" + before + "” to “" + after + "”" if field == "label" else "with a note"
    return quoted_text(text) + " " + what


def _provenance(post: Feedback) -> str:
    return "feedback " + post.id + " on prediction " + post.prediction_id
