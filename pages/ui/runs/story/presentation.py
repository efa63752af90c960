"""Presenter mode: the story of one run, and nothing else on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from core.store.records import RunRecord
from pages.ui import shell
from pages.ui.address import addressed
from pages.ui.presenting import leave
from pages.ui.runs.story.view import present_story


def show_presentation() -> None:
    """The run in the address, else the newest one that has a step."""
    dataset, store = shell.dataset(), shell.workspace().store
    runs = [run for run in store.runs.all(dataset.id) if run.steps] if dataset else []
    if dataset is None or not runs:
        shell.nothing_yet(
            "Nothing to present yet",
            "A run has a story once its first step is done.",
            "Close",
            leave,
            "leave_presenting",
        )
        return
    run = store.runs.get(addressed("run", [run.id for run in runs], _newest(runs), always=True))
    present_story(run, store.steps.figures(run.id), dataset)


def _newest(runs: Sequence[RunRecord]) -> str:
    """Benchmark runs come after all others."""
    return next((run.id for run in runs if not run.benchmark), runs[0].id)
