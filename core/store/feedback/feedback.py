"""What people say of predictions: kept, and by the rules of the dataset turned into rows, in the same
transaction."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection, exists, func, select

from core.errors import Conflict, DataError, UsageError
from core.store.codec import decode, new_id, storable
from core.store.feedback.answers import checked_id, read_answers
from core.store.feedback.apply_feedback import (
    FeedbackResult,
    accept,
    carry_out,
    insert_feedback,
    store_result,
)
from core.store.feedback.deliveries import enqueue
from core.store.feedback.preview import PREVIEWED, rule_preview
from core.store.feedback.queries import (
    STANDS,
    as_it_stands,
    earlier_post,
    feedback_query,
    feedback_row,
    feedback_with_sets,
)
from core.store.feedback.records import (
    CORRECTION,
    INBOX,
    Feedback,
    FeedbackRule,
    Preview,
    ServedPrediction,
    State,
)
from core.store.feedback.rule_decisions import known_label, proposed_label, refuse_new_label, ruled
from core.store.feedback.rules import read_rules
from core.store.rows.change_sets import Authorship, ChangeKind
from core.store.rows.changes import checked_label
from core.store.rows.dataset_head import label_set, lock
from core.store.rows.examples import AT_ONCE
from core.store.schema.database import Database
from core.store.schema.feedback_tables import answers, feedback
from core.store.schema.tables import change_sets
from core.types import LabelSet


class Feedbacks:
    def __init__(self, database: Database):
        self._database = database

    def give(
        self,
        dataset_id: str,
        prediction_id: str,
        *,
        score: float | None = None,
        correction: str = "",
        note: str = "",
        who: str = "",
        key: str = "",
    ) -> Feedback:
        """Keeps what was said of a prediction and carries out the rules of the dataset at once; for a
        prediction that is not known yet it waits. What was said last of it, said again, is there once; so is
        a `key`, always. Conflict where the key was used for something else, or the prediction is of another
        dataset; DataError for a new label, unless a rule sends it to the inbox; NotFound."""
        post = Feedback(
            new_id(),
            dataset_id,
            checked_id(prediction_id),
            self._database.now(),
            who,
            _score(score),
            correction,
            note,
            State.WAITING,
            key=key,
        )
        _check(post)
        with self._database.write() as connection:
            labels = decode(lock(connection, dataset_id).labels, LabelSet)
            answer = _answer(connection, post)
            free = _is_free(connection, post, answer)
            post = replace(post, correction=known_label(correction, labels, free) if correction else "")
            if (known := earlier_post(connection, post)) is not None:
                return known
            rules = read_rules(connection, dataset_id)
            if post.correction and not (free or _may_be_new(rules, post, answer, labels)):
                refuse_new_label(post.correction, labels)
            result = (
                carry_out(connection, rules, post, answer, post.at)
                if answer
                else FeedbackResult(State.WAITING)
            )
            insert_feedback(connection, post, result)
            enqueue(connection, post)
        return replace(post, state=result.state, why=result.why, example_id=result.example_id)

    def get(self, feedback_id: str) -> Feedback:
        """NotFound."""
        with self._database.read() as connection:
            return as_it_stands(feedback_row(connection, feedback_id))

    def all(self, dataset_id: str, state: str | None = None, limit: int = 1_000) -> tuple[Feedback, ...]:
        """Of one state or all, the newest first. NotFound."""
        query = (
            feedback_query()
            .where(feedback.c.dataset_id == dataset_id)
            .order_by(feedback.c.number.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            label_set(connection, dataset_id)
            rows = connection.execute(query if state is None else query.where(STANDS == state)).all()
        return tuple(as_it_stands(row) for row in rows)

    def on(self, dataset_id: str, prediction_ids: Iterable[str]) -> dict[str, tuple[Feedback, ...]]:
        """By prediction, in the order in which it was said; predictions without feedback are left out."""
        by_prediction: dict[str, tuple[Feedback, ...]] = {}
        f, wanted = feedback.c, list(dict.fromkeys(prediction_ids))
        with self._database.read() as connection:
            for start in range(0, len(wanted), AT_ONCE):
                query = feedback_query().where(
                    f.dataset_id == dataset_id, f.prediction_id.in_(wanted[start : start + AT_ONCE])
                )
                for row in connection.execute(query.order_by(f.number)):
                    by_prediction[row.prediction_id] = (
                        *by_prediction.get(row.prediction_id, ()),
                        as_it_stands(row),
                    )
        return by_prediction

    def of_row(self, dataset_id: str, example_id: str) -> tuple[Feedback, ...]:
        """What went into this row, the newest first."""
        f = feedback.c
        query = (
            feedback_query()
            .where(f.dataset_id == dataset_id, f.example_id == example_id, STANDS == State.APPLIED)
            .order_by(f.number.desc())
        )
        with self._database.read() as connection:
            return tuple(as_it_stands(row) for row in connection.execute(query))

    def apply(self, feedback_id: str, label: str | None = None, who: str = "") -> Feedback:
        """A person accepts it, with another label if one is given; a new one extends the label set. Conflict
        where it is in the rows already or its prediction is not known yet, DataError where there is no label,
        or one that cannot be told from another; NotFound."""
        with self._database.write() as connection:
            post = as_it_stands(feedback_row(connection, feedback_id))
            answer = _answer(connection, post)
            if post.state is State.APPLIED:
                raise Conflict("This feedback is in the rows already: undo it on the Dataset page first.")
            if answer is None:
                raise Conflict(
                    "The prediction of this feedback is not known yet: wait for it, or discard the feedback."
                )
            labels = decode(lock(connection, post.dataset_id).labels, LabelSet)
            wanted = label if label is not None else _proposed(connection, post, answer, labels)
            if not wanted.strip():
                raise DataError(
                    "Nobody has said which label is right: choose one."
                    if answer.label
                    else "This prediction has no label: choose the one that is right."
                )
            why = "feedback " + post.id + " on prediction " + post.prediction_id + ", accepted from the inbox"
            authorship = Authorship.by(ChangeKind.FEEDBACK, who or post.who, why, self._database.now())
            result = accept(connection, post, answer, known_label(wanted, labels, answer.free), authorship)
            store_result(connection, post.id, result)
        return replace(post, state=result.state, why=result.why, example_id=result.example_id)

    def discard(self, feedback_id: str, who: str = "") -> Feedback:
        """It is kept, but never goes into the rows. Conflict where it is in them; NotFound."""
        with self._database.write() as connection:
            post = as_it_stands(feedback_row(connection, feedback_id))
            if post.state is State.APPLIED:
                raise Conflict("This feedback is in the rows already: undo it on the Dataset page instead.")
            result = FeedbackResult(
                State.DISCARDED, "discarded" + (" by " + storable(who, "The name") if who else "")
            )
            store_result(connection, post.id, result)
        return replace(post, state=result.state, why=result.why, example_id="")

    def proposed_label(self, feedback_id: str) -> str:
        """What accepting it would give its row; "" where a person must choose. NotFound."""
        with self._database.read() as connection:
            post = as_it_stands(feedback_row(connection, feedback_id))
            answer = _answer(connection, post)
            labels = label_set(connection, post.dataset_id)
            return _proposed(connection, post, answer, labels) if answer else post.correction

    def change_set(self, feedback_id: str) -> str:
        """The id of the change set that brought it into the rows; "" where none did. NotFound."""
        with self._database.read() as connection:
            return str(feedback_row(connection, feedback_id).set_id)

    def reopen(self, feedback_id: str) -> Feedback:
        """It waits in the inbox again (or for its prediction): what no rule took, what was discarded or
        undone in the rows, and what was accepted where the row had that label already. Conflict where it has
        changed a row; NotFound."""
        with self._database.write() as connection:
            row = feedback_row(connection, feedback_id)
            post = as_it_stands(row)
            if post.state is State.APPLIED and row.set_id:
                raise Conflict("This feedback is in the rows already: undo it on the Dataset page first.")
            result = FeedbackResult(State.INBOX if _answer(connection, post) else State.WAITING)
            store_result(connection, post.id, result)
        return replace(post, state=result.state, why="", example_id="")

    def preview(self, rule: FeedbackRule, limit: int = PREVIEWED) -> Preview:
        """What the rule would have done with the newest feedback there is. UsageError, NotFound."""
        with self._database.read() as connection:
            return rule_preview(connection, rule, limit)

    def counts(self, dataset_id: str) -> dict[str, int]:
        """By state; every state is there. NotFound."""
        each = (
            select(STANDS.label("stands"))
            .select_from(feedback_with_sets())
            .where(feedback.c.dataset_id == dataset_id)
            .subquery()
        )
        query = select(each.c.stands, func.count()).group_by(each.c.stands)
        with self._database.read() as connection:
            label_set(connection, dataset_id)
            totals = {stands: n for stands, n in connection.execute(query)}
        return {state.value: totals.get(state.value, 0) for state in State}

    def rows_since(self, dataset_id: str, at: float) -> int:
        """How many changes of rows feedback has made since then that are in force."""
        s = change_sets.c
        query = select(func.coalesce(func.sum(s.touched), 0)).where(
            s.dataset_id == dataset_id, s.state == "applied", s.kind == ChangeKind.FEEDBACK, s.at > at
        )
        with self._database.read() as connection:
            return int(connection.scalar(query) or 0)


# ---- private


def _check(post: Feedback) -> None:
    if (post.score is None) == (not post.correction.strip()):
        raise UsageError("Feedback is either a score or a correction: give one of them.")
    if post.correction:
        checked_label(post.correction)
    for text, what in ((post.note, "The note"), (post.who, "The name of who says it"), (post.key, "The key")):
        storable(text, what)


def _score(score: float | None) -> float | None:
    if score is None:
        return None
    if not isinstance(score, int | float) or not math.isfinite(score):
        raise DataError("A score is a number, such as 1.0 for right and 0.0 for wrong.")
    return float(score)


def _may_be_new(
    rules: tuple[FeedbackRule, ...], post: Feedback, answer: ServedPrediction | None, labels: LabelSet
) -> bool:
    """Whether a person will see the correction before its label is one. Which rule takes it is not known
    before its prediction is."""
    if answer is None:
        return any(rule.on and rule.kind == CORRECTION and rule.way == INBOX for rule in rules)
    rule = ruled(rules, post, answer, labels).rule
    return rule is not None and rule.way == INBOX


def _proposed(connection: Connection, post: Feedback, answer: ServedPrediction, labels: LabelSet) -> str:
    return proposed_label(read_rules(connection, post.dataset_id), post, answer, labels)


def _is_free(connection: Connection, post: Feedback, answer: ServedPrediction | None) -> bool:
    """Whether its answer is no label of a list; of a prediction that is not known yet the others tell."""
    if answer is not None:
        return answer.free
    a = answers.c
    return bool(connection.scalar(select(exists().where(a.dataset_id == post.dataset_id, a.free))))


def _answer(connection: Connection, post: Feedback) -> ServedPrediction | None:
    answer = read_answers(connection, [post.prediction_id]).get(post.prediction_id)
    if answer is not None and answer.dataset_id != post.dataset_id:
        raise Conflict(
            "The prediction “"
            + post.prediction_id
            + "” was made for another dataset: give the feedback there."
        )
    return answer
