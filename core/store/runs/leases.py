"""Who runs a run. All control goes through the store, so that any process can start, watch and stop one:
a run has at most one owner, whose heartbeat keeps it and brings back the word to stop."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, literal, or_, select, update

from core.metrics.run_evaluations import end_evaluations
from core.store.codec import encode, pack
from core.store.records import ACTIVE, Ending, RunStatus
from core.store.runs import flat_predictions
from core.store.runs.owners import has_died
from core.store.runs.steps import no_such_run
from core.store.schema.database import Database
from core.store.schema.tables import oversight, results, runs, steps
from core.types import Progress, Spend

RESUMABLE = (RunStatus.QUEUED, RunStatus.PAUSED, RunStatus.INTERRUPTED, RunStatus.STOPPED, RunStatus.FAILED)
STALE_SECONDS = 30.0
INTERRUPTED = (
    "The program that carried out this run ended before the run did: resume it to go on from its last step."
)


class Leases:
    def __init__(self, database: Database):
        self._database = database

    def claim(self, run_id: str, owner: str) -> bool:
        """Makes `owner` the only one who may carry out the run: one UPDATE, so of two who try at once one
        wins. False if it is running, or finished."""
        now = self._database.now()
        taken = (
            update(runs)
            .where(runs.c.id == run_id, runs.c.status.in_(RESUMABLE))
            .values(
                status=RunStatus.RUNNING,
                owner=owner,
                started=func.coalesce(runs.c.started, now),
                claimed=now,
                heartbeat=now,
                seconds=runs.c.seconds
                + case((runs.c.heartbeat > runs.c.claimed, runs.c.heartbeat - runs.c.claimed), else_=0.0),
                finished=None,
                stop_reason="",
                error="",
            )
        )
        with self._database.write() as connection:
            won = connection.execute(taken).rowcount == 1
            if won:
                connection.execute(delete(results).where(results.c.run_id == run_id))
                connection.execute(update(oversight).where(oversight.c.run_id == run_id).values(proposal=""))
            return won

    def heartbeat(self, run_id: str, owner: str, progress: Progress, spend: Mapping[str, Spend]) -> bool:
        """Says that the owner is alive and where it is. True: stop (somebody asked for it, or the lease is
        lost). An owner that slept through its lease (a closed laptop) gets it back, unless somebody else has
        taken it."""
        alive = (
            update(runs)
            .where(runs.c.id == run_id, *_owned(owner))
            .values(
                status=RunStatus.RUNNING,
                heartbeat=self._database.now(),
                finished=None,
                stop_reason="",
                error="",
                progress=encode(progress),
                spend=encode(dict(spend)),
            )
        )
        with self._database.write() as connection:
            held = connection.execute(alive).rowcount == 1
            return not held or bool(
                connection.scalar(select(runs.c.stop_requested).where(runs.c.id == run_id))
            )

    def request_stop(self, run_id: str) -> bool:
        """Asks the owner to stop; it will within a second or so of its next reply. False if the run is not
        under way."""
        active = update(runs).where(runs.c.id == run_id, runs.c.status.in_(ACTIVE))
        with self._database.write() as connection:
            if connection.scalar(select(runs.c.id).where(runs.c.id == run_id)) is None:
                raise no_such_run()
            return connection.execute(active.values(stop_requested=True)).rowcount == 1

    def request_finish(self, run_id: str) -> bool:
        """Asks the run to try no further step and to read the test rows. One that is not under way hears of it when
        it is resumed. False if it has finished or has not measured the starting prompt yet."""
        begun = select(steps.c.number).where(steps.c.run_id == run_id).exists()
        open_runs = (RunStatus.RUNNING, *RESUMABLE)
        asked = update(runs).where(runs.c.id == run_id, runs.c.status.in_(open_runs), begun)
        with self._database.write() as connection:
            if connection.scalar(select(runs.c.id).where(runs.c.id == run_id)) is None:
                raise no_such_run()
            wish = asked.values(finish_requested=True, pause_requested=False)
            return connection.execute(wish).rowcount == 1

    def is_to_finish(self, run_id: str) -> bool:
        with self._database.read() as connection:
            return bool(connection.scalar(select(runs.c.finish_requested).where(runs.c.id == run_id)))

    def finish(self, run_id: str, owner: str, ending: Ending) -> bool:
        """Records how the run ended and frees it. False, and nothing changed, if `owner` does not hold it any
        more."""
        payload = pack(ending.result) if ending.result else None
        now = self._database.now()
        done = (
            update(runs)
            .where(runs.c.id == run_id, *_owned(owner))
            .values(
                {
                    "status": ending.status,
                    "stop_reason": ending.stop_reason,
                    "error": ending.error,
                    "owner": "",
                    "stop_requested": False,
                    "pause_requested": False,
                    "finish_requested": and_(
                        runs.c.finish_requested, literal(ending.status is RunStatus.INTERRUPTED)
                    ),
                    "finished": now,
                    "heartbeat": now,
                }
                | _accuracies(ending)
            )
        )
        with self._database.write() as connection:
            if connection.execute(done).rowcount != 1:
                return False
            connection.execute(delete(results).where(results.c.run_id == run_id))
            flat_predictions.save_end(
                connection, run_id, end_evaluations(ending.result) if ending.result else ()
            )
            if payload is not None:
                connection.execute(insert(results).values(run_id=run_id, payload=payload))
        return True

    def requeue(self, run_id: str) -> bool:
        """Puts a run that ended before its end back among those that wait for their turn. False if it is
        under way or has finished."""
        ended = (
            update(runs)
            .where(runs.c.id == run_id, runs.c.status.in_(RESUMABLE))
            .values(status=RunStatus.QUEUED, stop_requested=False, finished=None, stop_reason="", error="")
        )
        with self._database.write() as connection:
            return connection.execute(ended).rowcount == 1

    def mark_interrupted(self, older_than_seconds: float = STALE_SECONDS, now: float | None = None) -> int:
        """Turns runs whose owner has been silent for so long into interrupted ones, those that nobody took up
        (but for those of a benchmark, which wait for their turn), and at once those whose process on this
        machine is gone; returns how many. Cheap where there are none: call it at start-up and whenever runs
        are shown."""
        moment = self._database.now() if now is None else now
        active = or_(
            runs.c.status == RunStatus.RUNNING,
            and_(runs.c.status == RunStatus.QUEUED, runs.c.benchmark == ""),
        )
        last_sign = case((runs.c.status == RunStatus.QUEUED, runs.c.created), else_=runs.c.heartbeat)
        # A sign from the future is one of a clock that was wrong: it would keep the run for as long as that went ahead.
        silent = or_(
            last_sign.is_(None),
            last_sign < moment - older_than_seconds,
            last_sign > moment + older_than_seconds,
        )
        with self._database.read() as connection:
            owners = connection.execute(select(runs.c.owner, silent.label("silent")).where(active)).all()
        gone = {owner for owner, _ in owners if has_died(owner)}
        if not gone and not any(is_silent for _, is_silent in owners):
            return 0
        stale = (active, or_(silent, runs.c.owner.in_(gone)))
        lost = (
            update(runs)
            .where(*stale)
            .values(
                status=RunStatus.INTERRUPTED,
                stop_requested=False,
                pause_requested=False,
                finished=runs.c.heartbeat,
                stop_reason="interrupted",
                error=INTERRUPTED,
            )
        )
        with self._database.write() as connection:
            return connection.execute(lost).rowcount


def _owned(owner: str) -> tuple[ColumnElement[bool], ...]:
    return runs.c.owner == owner, runs.c.status.in_((RunStatus.RUNNING, RunStatus.INTERRUPTED))


def _accuracies(ending: Ending) -> dict[str, float | None]:
    """Validation accuracies of the result, which override those of the steps."""
    accuracies: dict[str, float | None] = {}
    for name, scored in (
        (("baseline", ending.result.baseline), ("best", ending.result.best)) if ending.result else ()
    ):
        if "validation" in scored.evaluations:
            accuracies[name + "_accuracy"] = scored.evaluations["validation"].metrics.accuracy
    return accuracies
