"""The story of a stored run, for a page: its outline, and its chapters one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.exports.report.run import ReportRun
from core.exports.story.chapters import Chapter, Entering, chapter_of
from core.store.records import RunRecord, StepFigures
from core.store.store import Store
from core.types import Dataset, Evaluation, Example, Prompt, Step, Verdict
from core.version import __version__

UNSEEN = Prompt("", "", "", "")  # in an outline a refused candidate is any prompt but the one gone on with


def outline_of(record: RunRecord, figures: Sequence[StepFigures], dataset: Dataset) -> ReportRun:
    """The run with the figures of its steps, without their prompts and predictions: light enough for every drawing
    of a page. `dataset` holds the rows of the run."""
    return ReportRun(
        record.id,
        record.name,
        dataset,
        str(record.status),
        record.stop_reason,
        record.error,
        record.settings,
        tuple(_step(each) for each in figures),
        record.result,
        record.spend,
        record.seconds,
        "",
        __version__,
    )


def _step(figures: StepFigures) -> Step:
    candidate = UNSEEN if figures.kept else replace(UNSEEN, system_prompt="refused")
    return Step(
        figures.number,
        UNSEEN,
        candidate if figures.validation is not None else None,
        None,
        Evaluation((), figures.validation) if figures.validation is not None else None,
        None,
        Verdict(figures.decision, figures.reason),
    )


def run_chapter(
    store: Store, run_id: str, number: int, figures: Sequence[StepFigures], rows: Mapping[str, Example]
) -> Chapter:
    """NotFound for a step that is gone."""
    before = [each.number for each in figures if each.number < number and each.kept and each.validation]
    entering = None
    if before:
        earlier = store.steps.get(run_id, before[-1])
        entering = Entering(earlier.prompt, earlier.validation)
    return chapter_of(store.steps.get(run_id, number), entering, rows)
