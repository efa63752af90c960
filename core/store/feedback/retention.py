"""How long served predictions are kept. What is older goes, with its request and reply; feedback and the rows that were
made of it stay."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, func, select

from core.store.feedback.records import State
from core.store.schema.database import Database
from core.store.schema.facts import DAY, KeptDays
from core.store.schema.feedback_tables import answers, feedback

AT_ONCE = 2_000  # predictions per transaction: feedback that comes meanwhile does not wait long


class Retention(KeptDays):
    def __init__(self, database: Database):
        super().__init__(database, "Predictions are", "prediction days", "predictions cleaned")

    def older_than(self, days: int) -> int:
        """How many predictions `clean` would take away."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).where(self._old(days))) or 0

    def waiting(self, days: int) -> int:
        """How many are older and stay, since their feedback waits in the inbox."""
        with self._database.read() as connection:
            older = select(func.count()).where(answers.c.at < self._before(days))
            return (connection.scalar(older) or 0) - self.older_than(days)

    def oldest(self, days: int) -> tuple[str, ...]:
        """Ids of those that `clean` would take away first, at most AT_ONCE."""
        with self._database.read() as connection:
            chosen = select(answers.c.id).where(self._old(days)).order_by(answers.c.at).limit(AT_ONCE)
            return tuple(connection.scalars(chosen))

    def remove(self, ids: Sequence[str], days: int) -> int:
        """Those of `oldest`, but for what has got feedback since that waits; how many they were."""
        with self._database.write() as connection:
            return connection.execute(delete(answers).where(answers.c.id.in_(ids), self._old(days))).rowcount

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
        days = self.due()
        if days is None:
            return 0
        gone = self._clean_some(days)
        if gone < AT_ONCE:
            self.cleaned()
        return gone

    def _clean_some(self, days: int) -> int:
        """The oldest, at most AT_ONCE."""
        return self.remove(self.oldest(days), days)

    def _before(self, days: int) -> float:
        return self._database.now() - days * DAY

    def _old(self, days: int) -> ColumnElement[bool]:
        f = feedback.c
        waits = exists().where(
            f.dataset_id == answers.c.dataset_id,
            f.prediction_id == answers.c.id,
            f.state == State.INBOX,
        )
        return (answers.c.at < self._before(days)) & ~waits
