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
        """How many predictions are so and may go."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).where(self._old(days))) or 0

    def waiting(self, days: int) -> int:
        """How many are older and stay, since their feedback waits in the inbox."""
        with self._database.read() as connection:
            older = select(func.count()).where(answers.c.at < self._before(days))
            return (connection.scalar(older) or 0) - self.older_than(days)

    def oldest(self, days: int, most: int = AT_ONCE) -> tuple[str, ...]:
        """Ids of those that go first. Those whose feedback waits in the inbox stay: a person still has to see them."""
        with self._database.read() as connection:
            chosen = select(answers.c.id).where(self._old(days)).order_by(answers.c.at).limit(most)
            return tuple(connection.scalars(chosen))

    def remove(self, ids: Sequence[str], days: int) -> int:
        """Those of `oldest`, but for what has got feedback since that waits; how many they were."""
        with self._database.write() as connection:
            return connection.execute(delete(answers).where(answers.c.id.in_(ids), self._old(days))).rowcount

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
