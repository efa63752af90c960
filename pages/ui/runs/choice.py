"""The run that the page shows: chosen in the address, and watched while anything of it may change."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import NotFound
from core.store.records import RunRecord
from pages.ui import shell
from pages.ui.address import addressed, forget, turn_to
from pages.ui.runs.head import show_now
from pages.ui.runs.list import newest
from pages.ui.runs.spend import show_spend
from pages.ui.wording import escape_md

ACTIVE, IDLE = 1.0, 5.0  # seconds between looks: a run may be resumed in another tab


def choose_run(runs: Sequence[RunRecord]) -> str:
    """The id of the run in the address, else of the newest; a step that was chosen is one of its run."""
    ids = [run.id for run in runs]
    if st.query_params.get("run") not in (None, *ids):
        _other_dataset()
    run_id = addressed("run", ids, newest(runs), always=True)
    if st.session_state.get("step_of", run_id) != run_id:
        forget("step")
    st.session_state["step_of"] = run_id
    return run_id


def watch(runs: tuple[RunRecord, ...], run_id: str) -> None:
    """Looks again and again, oftener while one of the runs is active."""
    every = ACTIVE if any(run.active for run in runs) else IDLE
    st.fragment(_look, run_every=every)(run_id, runs[0].dataset_id, _stamp(runs))


def _stamp(runs: tuple[RunRecord, ...]) -> tuple:
    """What the page as a whole has to be drawn again for."""
    return tuple((run.id, run.status, run.steps, run.stop_requested, run.pause_requested) for run in runs)


def _look(run_id: str, dataset_id: str, seen: tuple) -> None:
    """Light enough for every second: what is happening and what it takes. Anything more draws the page
    again."""
    store = shell.workspace().store
    if not shell.workspace().read_only:
        store.leases.mark_interrupted()
    now = store.runs.all(dataset_id)
    if _stamp(now) != seen:
        st.rerun()
    chosen = next(run for run in now if run.id == run_id)
    if chosen.active:
        show_now(chosen)
        show_spend(chosen)


def _show_other(run: RunRecord) -> None:
    shell.show_dataset(run.dataset_id)
    turn_to("run", run.id)
    st.session_state["step_of"] = run.id  # the step of the link is a step of this run


def _other_dataset() -> None:
    """A link may name a run of another dataset."""
    store = shell.workspace().store
    linked_id = st.query_params.get("run")
    try:
        linked = store.runs.get(linked_id) if linked_id else None
    except NotFound:
        linked = None
        st.info(
            "The address names a run that is not here any more; this is the latest one.",
            icon=":material/link_off:",
        )
    if linked and linked.dataset_id in {info.id for info in store.datasets.all()}:
        st.info(
            escape_md(linked.name + " belongs to the dataset " + linked.dataset_name + "."),
            icon=":material/link:",
        )
        st.button("Show it", on_click=_show_other, args=(linked,), key="show_linked")
