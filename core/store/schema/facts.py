"""Facts about the workspace as a whole, in the table `meta`: settings of how long things are kept, and when they were
last cleaned up."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from core.errors import UsageError
from core.store.schema.database import Database
from core.store.schema.tables import meta

DAY, HOUR = 86_400.0, 3_600.0  # seconds
MOST_DAYS = 36_500


def read_facts(connection: Connection, *keys: str) -> dict[str, str]:
    """By key, those that are there."""
    stored = connection.execute(select(meta).where(meta.c.key.in_(keys))).all()
    return {row.key: row.value for row in stored}


def put_fact(connection: Connection, key: str, value: float | None) -> None:
    """In place of what stood there; None takes it away."""
    connection.execute(delete(meta).where(meta.c.key == key))
    if value is not None:
        connection.execute(insert(meta).values(key=key, value=str(value)))


class KeptDays:
    """For how many days something is kept, and when it was last cleaned up."""

    def __init__(self, database: Database, what: str, days_key: str, cleaned_key: str):
        """`what` begins a sentence: Predictions."""
        self._database, self._what = database, what
        self._days_key, self._cleaned_key = days_key, cleaned_key

    def days(self) -> int | None:
        """None: for ever."""
        return self._read()[0]

    def set_days(self, days: int | None) -> None:
        """UsageError for a number that is none of days."""
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise UsageError(f"{self._what} kept for 1 to {MOST_DAYS:,} days, or for ever.")
        with self._database.write() as connection:
            put_fact(connection, self._days_key, days)
            put_fact(connection, self._cleaned_key, None)

    def due(self) -> int | None:
        """The days, where some are set and the last cleaning up is an hour ago; else None."""
        days, cleaned = self._read()
        recently = (
            0 <= self._database.now() - cleaned < HOUR
        )  # below 0 where the clock has been set back since
        return None if days is None or recently else days

    def cleaned(self) -> None:
        """It is done for this hour."""
        with self._database.write() as connection:
            put_fact(connection, self._cleaned_key, self._database.now())

    def _read(self) -> tuple[int | None, float]:
        with self._database.read() as connection:
            facts = read_facts(connection, self._days_key, self._cleaned_key)
        days = facts.get(self._days_key)
        return (int(days) if days is not None else None), float(facts.get(self._cleaned_key, 0))
