"""How long served predictions are kept. What is older goes, with its request and reply; feedback and the rows that were
made of it stay."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select

from core.errors import UsageError
from core.store.feedback.records import State
from core.store.schema.database import Database
from core.store.schema.feedback_tables import answers, feedback
from core.store.schema.tables import meta

DAYS, CLEANED = "prediction days", "predictions cleaned"  # keys in the table of facts about the workspace
DAY, HOUR = 86_400.0, 3_600.0  # seconds
AT_ONCE = 2_000  # predictions per transaction: feedback that comes meanwhile does not wait long
MOST_DAYS = 36_500


class Retention:
    def __init__(self, database: Database):
        self._database = database

    def days(self) -> int | None:
        """None: for ever."""
        return self._facts()[0]

    def set_days(self, days: int | None) -> None:
        """UsageError for a number that is none of days."""
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise UsageError(f"Predictions are kept for 1 to {MOST_DAYS:,} days, or for ever.")
        with self._database.write() as connection:
            _put(connection, DAYS, days)
            _put(connection, CLEANED, None)

    def older_than(self, days: int) -> int:
        """How many predictions `clean` would take away."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).where(self._old(days))) or 0

    def clean(self, days: int) -> int:
        """Takes away the predictions that are older, but for those whose feedback waits in the inbox: a person still
        has to see them. How many they were."""
        gone = last = self._clean_some(days)
        while last == AT_ONCE:
            last = self._clean_some(days)
            gone += last
        return gone

    def clean_if_due(self) -> int:
        """Once an hour, where a number of days is set, and so few that whoever waits meanwhile does not notice: where
        there are more, the next call goes on. How many are gone."""
        days, cleaned = self._facts()
        now = self._database.now()
        if days is None or now - cleaned < HOUR:
            return 0
        gone = self._clean_some(days)
        if gone < AT_ONCE:
            with self._database.write() as connection:
                _put(connection, CLEANED, now)
        return gone

    def _clean_some(self, days: int) -> int:
        """The oldest, at most AT_ONCE."""
        oldest = select(answers.c.number).where(self._old(days)).order_by(answers.c.at).limit(AT_ONCE)
        with self._database.write() as connection:
            numbers = list(connection.scalars(oldest))
            connection.execute(delete(answers).where(answers.c.number.in_(numbers)))
        return len(numbers)

    def _facts(self) -> tuple[int | None, float]:
        """The days, and when it was cleaned last."""
        with self._database.read() as connection:
            stored = connection.execute(select(meta).where(meta.c.key.in_((DAYS, CLEANED)))).all()
        facts = {row.key: row.value for row in stored}
        return (int(facts[DAYS]) if DAYS in facts else None), float(facts.get(CLEANED, 0))

    def _old(self, days: int) -> ColumnElement[bool]:
        f = feedback.c
        waits = exists().where(
            f.dataset_id == answers.c.dataset_id,
            f.prediction_id == answers.c.id,
            f.state == State.INBOX,
        )
        return (answers.c.at < self._database.now() - days * DAY) & ~waits


def _put(connection: Connection, key: str, value: float | None) -> None:
    connection.execute(delete(meta).where(meta.c.key == key))
    if value is not None:
        connection.execute(insert(meta).values(key=key, value=str(value)))
