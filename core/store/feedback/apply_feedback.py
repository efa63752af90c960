"""Feedback on its way into the rows: as one undoable change set, inside the transaction of whoever calls."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, exists, func, insert, literal, select, update
from sqlalchemy import Row as SqlRow

from core.data.fields import stable_id
from core.prompts.folding import fold
from core.store.codec import decode
from core.store.feedback.records import SOURCE, STRAIGHT, Answer, Effect, Feedback, Rule, State
from core.store.feedback.rule_decisions import differing, effect, note_of, ruled
from core.store.records import Row
from core.store.rows.added import insert_rows
from core.store.rows.change_sets import Authorship, ChangeKind, ChangeSet
from core.store.rows.changes import ADDED, checked_label, new_labels
from core.store.rows.dataset_lock import lock
from core.store.rows.examples import new_row, rows_with
from core.store.rows.label_set_changes import extended
from core.store.schema.tables import examples, feedback, runs
from core.types import Example, LabelSet


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """What became of a feedback, as it is stored."""

    state: State
    why: str = ""
    example_id: str = ""
    set_id: str = ""


def carry_out(
    connection: Connection, rules: tuple[Rule, ...], said: Feedback, answer: Answer, at: float
) -> FeedbackResult:
    """What the rules make of feedback whose answer is known."""
    head = lock(connection, said.dataset_id)
    found = ruled(rules, said, answer, decode(head.labels, LabelSet))
    if found.rule is None:
        return FeedbackResult(State.NEW)
    if found.way != STRAIGHT:
        return FeedbackResult(State.INBOX, found.why)
    rows = _rows(connection, head, answer.text)
    what, why = effect(rows, found.label, note_of(said), bool(rows) and has_runs(connection, head.id))
    if what is Effect.INBOX:
        return FeedbackResult(State.INBOX, why)
    return enter(
        connection,
        head,
        said,
        Example("", answer.text, found.label, note_of(said)),
        Authorship.by(ChangeKind.FEEDBACK, said.who, _provenance(said), at),
    )


def accept(
    connection: Connection, said: Feedback, answer: Answer, label: str, authorship: Authorship
) -> FeedbackResult:
    """What a person decided, who may overrule rows as on the Dataset page."""
    head = lock(connection, said.dataset_id)
    return enter(
        connection, head, said, Example("", answer.text, checked_label(label), note_of(said)), authorship
    )


def enter(
    connection: Connection, head: SqlRow, said: Feedback, wanted: Example, authorship: Authorship
) -> FeedbackResult:
    """The rows that have the text get the label (and the note, if there is one); where none has, it becomes a
    row, which never stands in a held-out part of a dataset that has runs. DataError for a label that cannot
    be told from another."""
    rows = _rows(connection, head, wanted.text)
    news = differing(rows, wanted.label, wanted.note)
    if rows and not news:
        return FeedbackResult(State.APPLIED, "row “" + rows[0].id + "” had that label already", rows[0].id)
    change_set = ChangeSet(connection, head, authorship)
    if rows:
        what, example_id = _changed(news), rows[0].id
        change_set.add(news)
    else:
        row = _new_row(connection, head, wanted)
        what, example_id = "row “" + row.id + "” added as “" + row.label + "”", row.id
        insert_rows(connection, head, [row])
        change_set.add([(row.id, ADDED, "", "")])
    labels = extended(change_set.labels, new_labels(change_set.labels, [wanted.label]))
    change_set.finish(labels, max(1, len({row for row, *_ in news})), "feedback: " + what)
    return FeedbackResult(State.APPLIED, what, example_id, change_set.id)


def waiting_for(connection: Connection, answer: Answer, rules: tuple[Rule, ...], at: float) -> None:
    """Carries out what was said of this answer before it came, in the order in which it was said."""
    f = feedback.c
    found = connection.execute(
        select(feedback)
        .where(f.dataset_id == answer.dataset_id, f.prediction_id == answer.id, f.state == State.WAITING)
        .order_by(f.number)
    ).all()
    for row in found:
        store_fate(connection, row.id, carry_out(connection, rules, as_feedback(row), answer, at))


def store_fate(connection: Connection, feedback_id: str, fate: FeedbackResult) -> None:
    connection.execute(
        update(feedback)
        .where(feedback.c.id == feedback_id)
        .values(state=fate.state, why=fate.why, example_id=fate.example_id, set_id=fate.set_id)
    )


def insert_said(connection: Connection, said: Feedback, fate: FeedbackResult) -> None:
    connection.execute(
        insert(feedback).values(
            id=said.id,
            dataset_id=said.dataset_id,
            prediction_id=said.prediction_id,
            at=said.at,
            who=said.who,
            key=said.key,
            score=said.score,
            correction=said.correction,
            note=said.note,
            state=fate.state,
            example_id=fate.example_id,
            set_id=fate.set_id,
            why=fate.why,
        )
    )


def as_feedback(row: SqlRow) -> Feedback:
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


def _rows(connection: Connection, head: SqlRow, text: str) -> list[SqlRow]:
    return rows_with(connection, head.id, [text]).get(fold(text), [])


def _new_row(connection: Connection, head: SqlRow, wanted: Example) -> Row:
    e = examples.c
    place = connection.scalar(select(func.max(e.position) + 1).where(e.dataset_id == head.id)) or 0
    row = replace(
        wanted, id=_free_id(connection, head, wanted.text), split=_split(connection, head), source=SOURCE
    )
    return new_row(row, place)


def _free_id(connection: Connection, head: SqlRow, text: str) -> str:
    number = 0
    while connection.scalar(
        select(literal(1)).where(examples.c.dataset_id == head.id, examples.c.id == stable_id(text, number))
    ):
        number += 1
    return stable_id(text, number)


def _split(connection: Connection, head: SqlRow) -> str:
    """To be chosen with the others by the first run; "train" where that is past, or where every row was given
    its split."""
    e = examples.c
    if has_runs(connection, head.id):
        return "train"
    unchosen = connection.scalar(select(exists().where(e.dataset_id == head.id, e.split == "")))
    return (
        "" if unchosen or not connection.scalar(select(exists().where(e.dataset_id == head.id))) else "train"
    )


def _changed(news: list[tuple[str, str, str, str]]) -> str:
    row, field, before, after = news[0]
    what = "from “" + before + "” to “" + after + "”" if field == "label" else "with a note"
    return "row “" + row + "” " + what


def _provenance(said: Feedback) -> str:
    return "feedback " + said.id + " on prediction " + said.prediction_id
