"""Champions: the prompts that were adopted for a dataset, the latest being in force."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Row, func, insert, select

from core.errors import DataError
from core.store.codec import decode, encode, storable
from core.store.records import Champion
from core.store.rows.dataset_head import lock
from core.store.schema.database import Database
from core.store.schema.tables import champions
from core.types import Prompt

LONGEST_WHY = 1_000  # characters


@dataclass(frozen=True, slots=True)
class _WithCascade(Prompt):
    """What is stored of an adopted prompt that a cascade goes with: one payload, so that neither can be without the
    other. Whoever reads the prompt alone leaves the key out."""

    cascade: str = ""


@dataclass(frozen=True, slots=True)
class _Adopted:
    """Of the same no more than the key of the cascade."""

    cascade: str = ""


class Champions:
    def __init__(self, database: Database):
        self._database = database

    def adopt(
        self,
        dataset_id: str,
        prompt: Prompt,
        model: str,
        run_id: str = "",
        step: int = 0,
        why: str = "",
        cascade: str = "",
    ) -> None:
        """Makes the prompt the dataset's champion; earlier ones are kept. `model` is the lightweight model it
        was made for, `cascade` the key of the one that goes with it. DataError for a reason that is too long."""
        why = storable(why, "The reason").strip()
        if len(why) > LONGEST_WHY:
            raise DataError(f"The reason has {len(why):,} characters: shorten it to {LONGEST_WHY:,}.")
        with self._database.write() as connection:
            lock(connection, dataset_id)
            connection.execute(
                insert(champions).values(
                    dataset_id=dataset_id,
                    prompt=encode(_with_cascade(prompt, cascade)),
                    model=storable(model, "The model's name"),
                    run_id=run_id,
                    step=step,
                    adopted=self._database.now(),
                    who=self._database.who,
                    why=why,
                )
            )

    def current(self, dataset_id: str) -> Champion | None:
        """The prompt in force; None where none was adopted."""
        latest = self.history(dataset_id, limit=1)
        return latest[0] if latest else None

    def history(self, dataset_id: str, limit: int = 100) -> tuple[Champion, ...]:
        """Latest first; the first is in force."""
        c = champions.c
        with self._database.read() as connection:
            rows = connection.execute(
                select(champions).where(c.dataset_id == dataset_id).order_by(c.number.desc()).limit(limit)
            )
            return tuple(_champion(row) for row in rows)

    def count(self, dataset_id: str) -> int:
        """How often a prompt was adopted for the dataset."""
        c = champions.c
        with self._database.read() as connection:
            query = select(func.count()).select_from(champions).where(c.dataset_id == dataset_id)
            return int(connection.scalar(query) or 0)


def _with_cascade(prompt: Prompt, cascade: str) -> Prompt:
    if not cascade:
        return prompt
    values = {field.name: getattr(prompt, field.name) for field in fields(Prompt)}
    return _WithCascade(**values, cascade=cascade)


def _champion(row: Row[Any]) -> Champion:
    return Champion(
        row.dataset_id,
        decode(row.prompt, Prompt),
        row.model,
        row.run_id,
        row.step,
        row.adopted,
        row.who,
        row.why,
        decode(row.prompt, _Adopted).cascade,
    )
