"""Runs: their settings, the rows they were started on, how they ended. Steps, leases and pauses have files of
their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, and_, case, delete, insert, or_, select, update
from sqlalchemy import Row as SqlRow

from core.errors import Conflict, DataError
from core.store.codec import decode, encode, new_id, pack, storable, unpack
from core.store.records import RunRecord, RunStatus
from core.store.rows.dataset_head import read_dataset
from core.store.runs.leases import RESUMABLE
from core.store.runs.steps import no_such_run, step_count, with_mean_scores
from core.store.schema.database import Database
from core.store.schema.tables import oversight, predictions, results, runs, snapshots, steps
from core.types import Dataset, LabelSet, Progress, Result, Settings, Spend


class Runs:
    def __init__(self, database: Database):
        self._database = database

    def create(
        self,
        dataset_id: str,
        settings: Settings,
        name: str = "",
        benchmark: str = "",
        rows: Dataset | None = None,
    ) -> str:
        """Queues a run on the dataset's rows as they are now, or on `rows`, the dataset as it was: a copy is kept, so
        that it tunes on them, resumed or not, whatever is edited later. Assign splits first. An empty name becomes
        "Run 3". `benchmark` is the id of the one it is part of."""
        wanted = storable(name, "The name").strip()
        with self._database.read() as connection:
            dataset = rows or read_dataset(connection, dataset_id)
            has_snapshot = _has_snapshot(connection, dataset)
        payload = None if has_snapshot else pack(dataset)
        run_id = new_id()
        with self._database.write() as connection:
            if payload is not None and not _has_snapshot(connection, dataset):
                connection.execute(
                    insert(snapshots).values(dataset_id=dataset.id, version=dataset.version, payload=payload)
                )
            elif payload is None and not _has_snapshot(connection, dataset):
                raise Conflict("A run was deleted at the same moment: start the run again.")
            connection.execute(
                insert(runs).values(
                    id=run_id,
                    dataset_id=dataset.id,
                    dataset_name=dataset.name,
                    dataset_version=dataset.version,
                    name=wanted or _next_name(connection),
                    status=RunStatus.QUEUED,
                    stop_reason="",
                    error="",
                    stop_requested=False,
                    settings=encode(settings),
                    progress=encode(Progress("Waiting to start")),
                    spend="{}",
                    created=self._database.now(),
                    seconds=0.0,
                    owner="",
                    benchmark=benchmark,
                    who=self._database.who,
                )
            )
        return run_id

    def get(self, run_id: str) -> RunRecord:
        """The run with its result, if it has one."""
        query = _records().add_columns(results.c.payload).outerjoin(results, results.c.run_id == runs.c.id)
        with self._database.read() as connection:
            row = connection.execute(query.where(runs.c.id == run_id)).first()
            if row is None:
                raise no_such_run()
            record = self._record(row, unpack(row.payload, Result) if row.payload else None)
            return with_mean_scores(connection, [record])[0]

    def all(self, dataset_id: str | None = None, benchmark: str | None = None) -> tuple[RunRecord, ...]:
        """Newest first, without results: light enough to poll."""
        query = _records().order_by(runs.c.number.desc())
        if dataset_id is not None:
            query = query.where(runs.c.dataset_id == dataset_id)
        if benchmark is not None:
            query = query.where(runs.c.benchmark == benchmark)
        with self._database.read() as connection:
            return with_mean_scores(connection, [self._record(row) for row in connection.execute(query)])

    def snapshot(self, run_id: str) -> Dataset:
        """The rows the run was started on, as they were, excluded ones too. Of one whose answers are free the label
        set is empty, which is to say open."""
        joined = snapshots.join(
            runs,
            (runs.c.dataset_id == snapshots.c.dataset_id) & (runs.c.dataset_version == snapshots.c.version),
        )
        with self._database.read() as connection:
            row = connection.execute(
                select(snapshots.c.payload, runs.c.settings).select_from(joined).where(runs.c.id == run_id)
            ).first()
        if row is None:
            raise no_such_run()
        dataset = unpack(row.payload, Dataset)
        free = bool(decode(row.settings, Settings).scorer)
        return replace(dataset, labels=LabelSet(())) if free else dataset

    def rename(self, run_id: str, name: str) -> None:
        wanted = storable(name, "The name").strip()
        if not wanted:
            raise DataError("The run has no name: give it one.")
        with self._database.write() as connection:
            if connection.execute(update(runs).where(runs.c.id == run_id).values(name=wanted)).rowcount != 1:
                raise no_such_run()

    def describe(self, run_id: str, note: str | None = None, starred: bool | None = None) -> None:
        """What people say of the run; None leaves it as it is."""
        given = {"note": None if note is None else storable(note, "The note").strip(), "starred": starred}
        values = {name: value for name, value in given.items() if value is not None}
        with self._database.write() as connection:
            if (
                connection.execute(
                    update(runs).where(runs.c.id == run_id).values(values or {"id": run_id})
                ).rowcount
                != 1
            ):
                raise no_such_run()

    def change_settings(self, run_id: str, settings: Settings) -> None:
        """Other settings for a run that is to be resumed. One that ended at a cap is opened again: with a
        higher cap there is more to do. Conflict for a run that is under way or has finished for another
        reason, NotFound."""
        capped = and_(runs.c.status == RunStatus.FINISHED, runs.c.stop_reason == "cap")
        changed = (
            update(runs)
            .where(runs.c.id == run_id, or_(runs.c.status.in_(RESUMABLE), capped))
            .values(settings=encode(settings), status=case((capped, RunStatus.STOPPED), else_=runs.c.status))
        )
        with self._database.write() as connection:
            if connection.execute(changed).rowcount == 1:
                return
            status = connection.scalar(select(runs.c.status).where(runs.c.id == run_id))
            if status is None:
                raise no_such_run()
            under_way = "This run is under way: stop it first, then resume it with other settings."
            raise Conflict(
                under_way if status == RunStatus.RUNNING else "This run has finished: start a new one."
            )

    def delete(self, run_id: str) -> None:
        """Removes the run with its steps. Conflict while it is running. Champions it brought stay."""
        with self._database.write() as connection:
            run = connection.execute(select(runs).where(runs.c.id == run_id).with_for_update()).first()
            if run is None:
                raise no_such_run()
            if run.status == RunStatus.RUNNING:
                raise Conflict("This run is under way: stop it first, then delete it.")
            for table in (steps, results, oversight, predictions):
                connection.execute(delete(table).where(table.c.run_id == run_id))
            connection.execute(delete(runs).where(runs.c.id == run_id))
            same_rows = (runs.c.dataset_id == run.dataset_id, runs.c.dataset_version == run.dataset_version)
            if connection.scalar(select(runs.c.id).where(*same_rows).limit(1)) is None:
                connection.execute(
                    delete(snapshots).where(
                        snapshots.c.dataset_id == run.dataset_id, snapshots.c.version == run.dataset_version
                    )
                )

    def _record(self, row: SqlRow[Any], result: Result | None = None) -> RunRecord:
        status = RunStatus(row.status)
        until = self._database.now() if status == RunStatus.RUNNING else row.heartbeat
        leg = max(0.0, until - row.claimed) if row.claimed is not None else 0.0
        return RunRecord(
            id=row.id,
            dataset_id=row.dataset_id,
            dataset_name=row.dataset_name,
            dataset_version=row.dataset_version,
            name=row.name,
            status=status,
            stop_reason=row.stop_reason,
            error=row.error,
            stop_requested=row.stop_requested,
            settings=decode(row.settings, Settings),
            progress=decode(row.progress, Progress),
            spend=decode(row.spend, dict[str, Spend]),
            created=row.created,
            started=row.started,
            finished=row.finished,
            seconds=row.seconds + leg,
            steps=row.steps,
            baseline_accuracy=row.baseline_accuracy,
            best_accuracy=row.best_accuracy,
            note=row.note,
            starred=row.starred,
            pause_requested=row.pause_requested,
            finish_requested=row.finish_requested,
            benchmark=row.benchmark,
            who=row.who,
            result=result,
        )


def _records() -> Select[Any]:
    return select(runs, step_count().label("steps"))


def _next_name(connection: Connection) -> str:
    """ "Run 3" after two runs: those of benchmarks and migrations, which have names of their own, do not count."""
    names = connection.scalars(select(runs.c.name).where(runs.c.benchmark == "")).all()
    numbers = [name.removeprefix("Run ") for name in names if name.startswith("Run ")]
    taken = [int(number) for number in numbers if number.isdecimal()]
    return f"Run {max([len(names), *taken]) + 1}"


def _has_snapshot(connection: Connection, dataset: Dataset) -> bool:
    query = select(snapshots.c.version).where(
        snapshots.c.dataset_id == dataset.id, snapshots.c.version == dataset.version
    )
    return connection.scalar(query) is not None
