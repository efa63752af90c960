"""From the store to what a report is told: a run with its rows, its steps and its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.data.splits import split
from core.exports.report.run import ReportRun
from core.types import Dataset
from core.version import __version__

if TYPE_CHECKING:
    from core.store.store import Store


def stored_report(store: Store, run_id: str) -> ReportRun:
    """Raises NotFound."""
    record, dataset = store.runs.get(run_id), store.runs.snapshot(run_id)
    return ReportRun(
        run_id=record.id,
        name=record.name,
        dataset=_parted(replace(dataset, name=record.dataset_name), record.settings.seed),
        status=str(record.status),
        stop_reason=record.stop_reason,
        error=record.error,
        settings=record.settings,
        steps=store.steps.all(run_id),
        result=record.result,
        spend=record.spend,
        seconds=record.seconds,
        created=_in_words(record.created),
        version=__version__,
        who=record.who,
    )


def _parted(dataset: Dataset, seed: int) -> Dataset:
    """Rows without a split get the one that the run gave them: it follows from the rows and the seed."""
    parts = {row.id: row.split for row in split(dataset.examples, seed)}
    return replace(
        dataset, examples=tuple(replace(row, split=parts.get(row.id, row.split)) for row in dataset.examples)
    )


def _in_words(seconds: float) -> str:
    when = datetime.fromtimestamp(seconds, UTC)
    return f"{when.day} {when:%B %Y}, {when:%H:%M} UTC"
