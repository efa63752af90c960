"""Served predictions: kept so that feedback on them finds its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, func, insert, or_, select

from core.errors import Conflict, DataError, NotFound
from core.store.codec import pack, storable, unpack
from core.store.feedback.apply_feedback import waiting_for
from core.store.feedback.records import ServedCall, ServedPrediction, ServedPredictionPage
from core.store.feedback.rules import read_rules
from core.store.rows.dataset_head import label_set, lock
from core.store.rows.examples import AT_ONCE
from core.store.schema.database import Database
from core.store.schema.feedback_tables import answers, feedback, served_calls
from core.types import Outcome

COLUMNS = tuple(answers.c[field.name] for field in fields(ServedPrediction))
SAME = (
    "dataset_id",
    "text",
    "label",
    "outcome",
    "said",
    "reason",
    "model",
    "prompt_key",
)  # of an answer that is given again
LONGEST_ID = 200  # characters
LONGEST_PAGE = 1_000


class Answers:
    def __init__(self, database: Database):
        self._database = database

    def add(self, answer: ServedPrediction) -> None:
        """As `add_all`."""
        self.add_all([answer])

    def add_all(
        self, served: Sequence[ServedPrediction], calls: Mapping[str, ServedCall] | None = None
    ) -> None:
        """Stores the answers with their calls (by id), all or none, and carries out the feedback that waited for them. One that is
        there already is not stored again; another one replaces a failed call on the same text.
        Conflict where an id is taken by another prediction, DataError for an id or text that cannot be
        stored, NotFound for a dataset that is gone."""
        wanted = {each.id: checked_answer(each) for each in served}
        with self._database.write() as connection:
            for dataset_id in dict.fromkeys(each.dataset_id for each in wanted.values()):
                lock(connection, dataset_id)
            known = read_answers(connection, wanted)
            news = [
                each for each in wanted.values() if each.id not in known or _replaces(each, known[each.id])
            ]
            if not news:
                return
            now = self._database.now()
            replaced = [each.id for each in news if each.id in known]
            connection.execute(delete(answers).where(answers.c.id.in_(replaced))) if replaced else None
            connection.execute(insert(answers), [{**asdict(each), "at": each.at or now} for each in news])
            payloads = [
                {"prediction_id": each.id, "payload": pack(calls[each.id])}
                for each in news
                if calls and each.id in calls
            ]
            connection.execute(insert(served_calls), payloads) if payloads else None
            for each in _with_feedback(connection, news):
                waiting_for(connection, each, read_rules(connection, each.dataset_id), now)

    def get(self, prediction_id: str) -> ServedPrediction:
        """NotFound."""
        matches = self.some([prediction_id])
        if not matches:
            raise NotFound(
                "There is no prediction “"
                + prediction_id
                + "”: it was not served from this workspace, or its dataset is gone."
            )
        return matches[prediction_id]

    def some(self, ids: Iterable[str]) -> dict[str, ServedPrediction]:
        """By id; those that are not there are left out."""
        with self._database.read() as connection:
            return read_answers(connection, ids)

    def call(self, prediction_id: str) -> ServedCall | None:
        """None for a prediction of before schema 11, or of a file."""
        return self.calls([prediction_id]).get(prediction_id)

    def calls(self, ids: Sequence[str]) -> dict[str, ServedCall]:
        """By id of the prediction; those that are not there are left out."""
        c = served_calls.c
        calls: dict[str, ServedCall] = {}
        with self._database.read() as connection:
            for start in range(0, len(ids), AT_ONCE):
                wanted = select(c.prediction_id, c.payload).where(
                    c.prediction_id.in_(ids[start : start + AT_ONCE])
                )
                calls |= {
                    row.prediction_id: unpack(row.payload, ServedCall) for row in connection.execute(wanted)
                }
        return calls

    def page(
        self,
        dataset_id: str,
        size: int = 50,
        page: int = 1,
        with_feedback: bool | None = None,
        search: str = "",
    ) -> ServedPredictionPage:
        """The newest first; with or without feedback, if asked for; `search` is the id, or found in the text, whatever
        the case. Past the end it is the last page. NotFound."""
        size = max(1, min(size, LONGEST_PAGE))
        with self._database.read() as connection:
            label_set(connection, dataset_id)
            total = (
                connection.scalar(
                    _of(dataset_id, with_feedback, search, select(func.count()).select_from(answers))
                )
                or 0
            )
            number = max(1, min(page, -(-total // size)))
            query = _of(dataset_id, with_feedback, search, select(*COLUMNS)).order_by(answers.c.number.desc())
            rows = connection.execute(query.limit(size).offset((number - 1) * size)).all()
        return ServedPredictionPage(tuple(ServedPrediction(*row) for row in rows), total, number)


def read_answers(connection: Connection, ids: Iterable[str]) -> dict[str, ServedPrediction]:
    matches, wanted = {}, list(dict.fromkeys(ids))
    for start in range(0, len(wanted), AT_ONCE):
        rows = connection.execute(select(*COLUMNS).where(answers.c.id.in_(wanted[start : start + AT_ONCE])))
        matches.update({row.id: ServedPrediction(*row) for row in rows})
    return matches


def checked_id(prediction_id: str) -> str:
    """DataError."""
    storable(prediction_id, "The prediction id")
    if not prediction_id.strip() or len(prediction_id) > LONGEST_ID:
        raise DataError(
            "A prediction id has 1 to "
            + str(LONGEST_ID)
            + " characters: use a UUID, or leave it out and take ours."
        )
    return prediction_id


def checked_answer(answer: ServedPrediction) -> ServedPrediction:
    """What a model said may hold what no database can: such characters are replaced. What the caller gave is
    refused (DataError)."""
    checked_id(answer.id)
    if not storable(answer.text, "The text").strip():
        raise DataError("There is no text to classify: give one.")
    reply, reason = (
        each.encode("utf-8", "replace").decode().replace("\0", "�") for each in (answer.said, answer.reason)
    )
    return replace(answer, outcome=str(answer.outcome), said=reply, reason=reason)


def _replaces(news: ServedPrediction, known: ServedPrediction) -> bool:
    if all(getattr(news, name) == getattr(known, name) for name in SAME):
        return False
    if known.outcome == Outcome.FAILED and (known.dataset_id, known.text) == (news.dataset_id, news.text):
        return True
    raise Conflict(
        "The prediction id “"
        + news.id
        + "” is taken by another answer: give every prediction an id of its own."
    )


def _with_feedback(connection: Connection, news: Sequence[ServedPrediction]) -> list[ServedPrediction]:
    matches: set[str] = set()
    ids = [each.id for each in news]
    for start in range(0, len(ids), AT_ONCE):
        matches.update(
            connection.scalars(
                select(feedback.c.prediction_id).where(
                    feedback.c.dataset_id.in_({each.dataset_id for each in news}),
                    feedback.c.prediction_id.in_(ids[start : start + AT_ONCE]),
                )
            )
        )
    return [each for each in news if each.id in matches]


def _of(dataset_id: str, with_feedback: bool | None, search: str, query: Select[Any]) -> Select[Any]:
    query = query.where(answers.c.dataset_id == dataset_id)
    if search:
        query = query.where(or_(answers.c.id == search, answers.c.text.icontains(search, autoescape=True)))
    if with_feedback is None:
        return query
    has_feedback = exists().where(
        feedback.c.dataset_id == answers.c.dataset_id, feedback.c.prediction_id == answers.c.id
    )
    return query.where(has_feedback if with_feedback else ~has_feedback)
