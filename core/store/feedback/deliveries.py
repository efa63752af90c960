"""Webhooks: where feedback on a dataset is posted to, and what waits to be posted. What came in and its delivery are
written in one transaction, so that a killed process loses neither."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, delete, func, insert, select, update

from core.store.codec import new_id
from core.store.feedback.records import Delivery, DeliveryState, Feedback
from core.store.rows.dataset_head import lock
from core.store.schema.database import Database
from core.store.schema.feedback_tables import deliveries, webhooks

DELAYS = (10.0, 60.0, 600.0)  # seconds before the second, third and fourth attempt, which is the last
LEASE = 120.0  # seconds in which a claimed delivery is no other sender's
SENT_FOR = 30 * 86_400.0  # seconds that a sent one is listed


class Deliveries:
    def __init__(self, database: Database):
        self._database = database

    def webhook(self, dataset_id: str) -> str:
        """The address that feedback on the dataset is posted to; "" for none."""
        with self._database.read() as connection:
            return webhook_of(connection, dataset_id)

    def set_webhook(self, dataset_id: str, url: str) -> None:
        """ "" takes it away, and what waits is not sent. NotFound."""
        d = deliveries.c
        with self._database.write() as connection:
            lock(connection, dataset_id)
            connection.execute(delete(webhooks).where(webhooks.c.dataset_id == dataset_id))
            if url:
                connection.execute(insert(webhooks).values(dataset_id=dataset_id, url=url))
            else:
                connection.execute(
                    delete(deliveries).where(d.dataset_id == dataset_id, d.state == DeliveryState.WAITING)
                )

    def claim(self) -> Delivery | None:
        """The one that is due longest, with this attempt counted; another sender gets it only after `LEASE`. None where
        none is due."""
        d, now = deliveries.c, self._database.now()
        next_due = self.next_due()
        if next_due is None or next_due > now:  # to look needs no turn to write
            return None
        with self._database.write() as connection:
            due = (
                select(deliveries)
                .where(d.state == DeliveryState.WAITING, _due(now) <= now)
                .order_by(d.due, d.at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            row = connection.execute(due).first()
            if row is None:
                return None
            claimed = {"attempts": row.attempts + 1, "due": now + LEASE}
            connection.execute(update(deliveries).where(d.id == row.id).values(claimed))
        return Delivery(**(row._asdict() | claimed))

    def settle(self, delivery: Delivery, problem: str = "", final: bool = False) -> None:
        """After an attempt: sent, to be tried again later, or given up after the last attempt or a `final` problem."""
        now = self._database.now()
        tries_left = delivery.attempts <= len(DELAYS) and not final
        state = (
            DeliveryState.SENT
            if not problem
            else DeliveryState.WAITING
            if tries_left
            else DeliveryState.FAILED
        )
        due = now + DELAYS[delivery.attempts - 1] if state is DeliveryState.WAITING else now
        d = deliveries.c
        with self._database.write() as connection:
            connection.execute(
                update(deliveries).where(d.id == delivery.id).values(state=state, problem=problem, due=due)
            )
            connection.execute(
                delete(deliveries).where(d.state == DeliveryState.SENT, d.due < now - SENT_FOR)
            )

    def retry(self, dataset_id: str) -> int:
        """What was given up is due again, at once and with all its attempts; how many that are."""
        d = deliveries.c
        values = {"state": DeliveryState.WAITING, "attempts": 0, "due": self._database.now()}
        with self._database.write() as connection:
            return connection.execute(
                update(deliveries)
                .where(d.dataset_id == dataset_id, d.state == DeliveryState.FAILED)
                .values(values)
            ).rowcount

    def next_due(self) -> float | None:
        """When the next one is to be tried, in seconds since 1970; None where none waits."""
        soonest = func.min(_due(self._database.now()))
        query = select(soonest).where(deliveries.c.state == DeliveryState.WAITING)
        with self._database.read() as connection:
            due: float | None = connection.scalar(query)
        return due

    def recent(self, dataset_id: str, limit: int = 50) -> tuple[Delivery, ...]:
        """The newest first."""
        d = deliveries.c
        query = select(deliveries).where(d.dataset_id == dataset_id).order_by(d.at.desc(), d.id).limit(limit)
        with self._database.read() as connection:
            return tuple(_delivery(row) for row in connection.execute(query))

    def counts(self, dataset_id: str) -> dict[str, int]:
        """By state; every state is there."""
        d = deliveries.c
        query = select(d.state, func.count()).where(d.dataset_id == dataset_id).group_by(d.state)
        with self._database.read() as connection:
            totals = {state: n for state, n in connection.execute(query)}
        return {state.value: totals.get(state.value, 0) for state in DeliveryState}


def _due(now: float) -> ColumnElement[float]:
    """When it is to be sent: at once where the clock has been set back since, as no wait is longer than this."""
    d = deliveries.c
    return case((d.due > now + LEASE + DELAYS[-1], now), else_=d.due)


def webhook_of(connection: Connection, dataset_id: str) -> str:
    return connection.scalar(select(webhooks.c.url).where(webhooks.c.dataset_id == dataset_id)) or ""


def enqueue(connection: Connection, post: Feedback) -> None:
    """The feedback is to be posted, where its dataset has a webhook."""
    if url := webhook_of(connection, post.dataset_id):
        waiting = Delivery(
            new_id(), post.dataset_id, post.id, url, DeliveryState.WAITING, 0, post.at, post.at
        )
        connection.execute(
            insert(deliveries).values({name: getattr(waiting, name) for name in deliveries.c.keys()})
        )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**row._asdict())
