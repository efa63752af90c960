"""Steps of runs: each saved as it ends, whole (packed) and as figures for charts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, ScalarSelect, delete, func, insert, select, update

from core.errors import Conflict, NotFound
from core.metrics.run_evaluations import step_evaluations
from core.store.codec import decode, encode, pack, unpack
from core.store.records import RunRecord, StepFigures
from core.store.runs import flat_predictions
from core.store.schema.database import Database
from core.store.schema.tables import runs, steps
from core.types import Step
from core.types.objectives import SCORE


class Steps:
    def __init__(self, database: Database):
        self._database = database

    def save(self, run_id: str, step: Step, owner: str = "") -> None:
        """Stores the step; one of the same number is replaced, so a resumed run may save its steps again. With an
        `owner`, only while that is the one who carries the run out: Conflict once somebody else does. NotFound."""
        now = self._database.now()
        figures, payload = _figures(step, now), pack(step)
        with self._database.write() as connection:
            _lock(connection, run_id, owner)
            connection.execute(delete(steps).where(steps.c.run_id == run_id, steps.c.number == step.number))
            connection.execute(
                insert(steps).values(
                    run_id=run_id,
                    number=step.number,
                    saved=now,
                    kept=figures.kept,
                    accuracy=figures.validation.accuracy if figures.validation else None,
                    figures=encode(figures),
                    payload=payload,
                )
            )
            flat_predictions.save_step(connection, run_id, step.number, step_evaluations(step))
            connection.execute(
                update(runs).where(runs.c.id == run_id).values(_accuracies(connection, run_id))
            )

    def drop_after(self, run_id: str, number: int, owner: str = "") -> None:
        """Takes away what an earlier leg, under other caps, did beyond the last step of the run as it
        ended. `owner` as in `save`."""
        with self._database.write() as connection:
            _lock(connection, run_id, owner)
            connection.execute(delete(steps).where(steps.c.run_id == run_id, steps.c.number > number))
            flat_predictions.drop_after(connection, run_id, number)

    def all(self, run_id: str) -> tuple[Step, ...]:
        """All steps with their predictions: for pages that chart or poll, `figures` is a hundred times
        lighter."""
        query = select(steps.c.payload).where(steps.c.run_id == run_id).order_by(steps.c.number)
        with self._database.read() as connection:
            packed = connection.scalars(query).all()
        return tuple(unpack(payload, Step) for payload in packed)

    def get(self, run_id: str, number: int) -> Step:
        with self._database.read() as connection:
            payload = connection.scalar(
                select(steps.c.payload).where(steps.c.run_id == run_id, steps.c.number == number)
            )
        if payload is None:
            raise NotFound("This run has no step " + str(number) + ": choose another step.")
        return unpack(payload, Step)

    def figures(self, run_id: str) -> tuple[StepFigures, ...]:
        """What charts need of every step, in order."""
        query = select(steps.c.figures).where(steps.c.run_id == run_id).order_by(steps.c.number)
        with self._database.read() as connection:
            return tuple(decode(text, StepFigures) for text in connection.scalars(query))


def _lock(connection: Connection, run_id: str, owner: str) -> None:
    """Nobody else changes the run until this transaction ends."""
    run = connection.execute(select(runs.c.owner).where(runs.c.id == run_id).with_for_update()).first()
    if run is None:
        raise no_such_run()
    if owner and run.owner != owner:
        raise Conflict("Another process carries this run out: what this one did of it is left out.")


def no_such_run() -> NotFound:
    return NotFound("There is no such run: it may have been deleted; choose another.")


def step_count() -> ScalarSelect[int]:
    """The number of steps of the run of the enclosing query."""
    return select(func.count()).select_from(steps).where(steps.c.run_id == runs.c.id).scalar_subquery()


@dataclass(frozen=True, slots=True)
class _MeanScore:
    """Of the figures of a step no more than that."""

    score: float | None = None


@dataclass(frozen=True, slots=True)
class _ScoredStep:
    validation: _MeanScore | None = None


def with_mean_scores(connection: Connection, records: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
    """Where the mean score is the objective, the record with that of the starting prompt and of the best that the run
    went on with."""
    graded = [
        each.id for each in records if each.settings.objective and each.settings.objective.kind == SCORE
    ]
    if not graded:
        return tuple(records)
    scores = defaultdict[str, dict[int, float]](dict)
    query = select(steps.c.run_id, steps.c.number, steps.c.figures)
    for row in connection.execute(query.where(steps.c.run_id.in_(graded), steps.c.kept)):
        read = decode(row.figures, _ScoredStep).validation
        if read is not None and read.score is not None:
            scores[row.run_id][row.number] = read.score
    return tuple(
        replace(each, baseline_score=scores[each.id].get(0), best_score=max(scores[each.id].values()))
        if each.id in scores
        else each
        for each in records
    )


def _figures(step: Step, now: float) -> StepFigures:
    accepted = step.candidate is not None and step.prompt == step.candidate
    return StepFigures(
        number=step.number,
        decision=step.verdict.decision,
        reason=step.verdict.reason,
        kept=accepted,
        batch=step.batch.metrics if step.batch else None,
        validation=step.validation.metrics if step.validation else None,
        edits=len(step.reflection.edits) if step.reflection else 0,
        spend=step.spend,
        saved=now,
    )


def _accuracies(connection: Connection, run_id: str) -> dict[str, float | None]:
    """The baseline's validation accuracy, and the best of the prompts the run went on with."""
    query = select(steps.c.number, steps.c.accuracy).where(
        steps.c.run_id == run_id, steps.c.kept, steps.c.accuracy.is_not(None)
    )
    accuracies = {row.number: row.accuracy for row in connection.execute(query)}
    return {"baseline_accuracy": accuracies.get(0), "best_accuracy": max(accuracies.values(), default=None)}
