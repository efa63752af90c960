"""A page that looks again while anything of its runs may change, and draws itself anew when something has."""

from __future__ import annotations

from core.store.records import RunRecord
from pages.ui import shell
from pages.ui.runs.live.progress import show_progress

ACTIVE, IDLE = 1.0, 5.0  # seconds between looks: a run may be resumed in another tab


def watch(runs: tuple[RunRecord, ...], run_id: str) -> None:
    """Looks again and again, oftener while one of the runs is active."""
    every = ACTIVE if any(run.active for run in runs) else IDLE
    shell.fragment(_look, every=every)(run_id, runs[0].dataset_id, _stamp(runs))


def _stamp(runs: tuple[RunRecord, ...]) -> tuple:
    """What the page as a whole has to be drawn again for."""
    return tuple(
        (run.id, run.status, run.steps, run.stop_requested, run.pause_requested, run.finish_requested)
        for run in runs
    )


def _look(run_id: str, dataset_id: str, seen: tuple) -> None:
    """Light enough for every second. Anything more than a line draws the page again."""
    store = shell.workspace().store
    if not shell.workspace().read_only:
        store.leases.mark_interrupted()
    now = store.runs.all(dataset_id)
    if _stamp(now) != seen:
        shell.redraw_page()
    chosen = next((run for run in now if run.id == run_id), None)
    if chosen is not None and chosen.active:
        show_progress(chosen)
