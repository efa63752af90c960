"""From the store to what a report, a comparison and an export of predictions are told of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import WhetstoneError
from core.exports.predictions import KeptReplies, prediction_records
from core.exports.report.run import ReportRun
from core.llm.layers.reply_cache import cache_key
from core.services.branches import branch_start
from core.services.cascade.measure import is_measured, last_trial
from core.services.cascade.words import gate_lines, headline, sentences
from core.services.compare.basis import ComparedRun, side
from core.services.story.in_use import thousand_in_words
from core.similarity.requests import classify_requests
from core.studies.headroom.check import EDITOR
from core.tuning.free_answers.run import rows_in_parts
from core.types import Dataset, Prompt, Reply, Settings
from core.version import __version__
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.store.store import Store


def stored_report(store: Store, run_id: str) -> ReportRun:
    """Raises NotFound."""
    record, dataset = store.runs.get(run_id), store.runs.snapshot(run_id)
    return ReportRun(
        run_id=record.id,
        name=record.name,
        dataset=_parted(replace(dataset, name=record.dataset_name), record.settings),
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


def report_with_cost(workspace: Workspace, run_id: str) -> ReportRun:
    """With what a thousand classifications cost. Raises NotFound, and UsageError where the user's file of prices is
    wrong."""
    run = stored_report(workspace.store, run_id)
    record = workspace.store.runs.get(run_id)
    answering = _answering(workspace, run_id) if is_measured(workspace, record) else ()
    return replace(run, thousand=thousand_in_words(workspace, record, run), answering=answering)


def _answering(workspace: Workspace, run_id: str) -> tuple[str, ...]:
    """What a cascade of the best prompt came to, where that was measured last."""
    of = compared_run(workspace, run_id, "run")
    trial = last_trial(workspace, of)
    return (headline(trial) + ".", *sentences(trial), *gate_lines(trial)) if trial else ()


def _parted(dataset: Dataset, settings: Settings) -> Dataset:
    """Rows without a split get the one that the run gave them: it follows from the rows and the settings."""
    parts = {row.id: row.split for row in rows_in_parts(dataset.examples, settings)}
    return replace(
        dataset, examples=tuple(replace(row, split=parts.get(row.id, row.split)) for row in dataset.examples)
    )


def _in_words(seconds: float) -> str:
    when = datetime.fromtimestamp(seconds, UTC)
    return f"{when.day} {when:%B %Y}, {when:%H:%M} UTC"


def compared_run(workspace: Workspace, run_id: str, name: str, step: int | None = None) -> ComparedRun:
    """The run under the `name` that sentences call it by. UsageError for a run without a step, NotFound."""
    store = workspace.store
    begun = branch_start(workspace, run_id, step)
    loaded = store.steps.get(run_id, begun.branch.step)
    return side(name, store.runs.get(run_id), loaded, begun.prompt, store.runs.snapshot(run_id))


def every_prediction(workspace: Workspace, run_id: str) -> list[dict[str, object]]:
    """Nothing is asked: tokens and cost are those of kept replies. Raises NotFound."""
    run = stored_report(workspace.store, run_id)
    return list(prediction_records(run, kept_replies(workspace, run.settings, run.dataset.labels.names)))


def kept_replies(workspace: Workspace, settings: Settings, labels: Sequence[str]) -> KeptReplies:
    """What was answered to a prompt about texts, as it is kept; nothing is asked. Replies of local models are kept for
    the length of a run only; where the model cannot be opened now, it is not known what its requests looked like."""
    try:
        session = workspace.session(replace(settings, heavyweight=EDITOR, budget_usd=None))
    except WhetstoneError:
        return lambda prompt, texts: [None] * len(texts)
    choices = labels if session.structured else ()

    def kept(prompt: Prompt, texts: Sequence[str]) -> list[Reply | None]:
        requests = classify_requests(prompt, texts, choices, reply_tokens=session.reply_tokens)
        exact = session.lightweight.exact
        return [workspace.replies.get(cache_key(exact(each), each.repeat)) for each in requests]

    return kept
