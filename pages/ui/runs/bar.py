"""The top of the page, whatever is shown below it: the run, its marks and state, what can be done, the view."""

from __future__ import annotations

import streamlit as st

from core.store.records import RunRecord
from pages.ui.address import addressed
from pages.ui.runs.head import show_actions
from pages.ui.runs.notes import edit_note, show_star
from pages.ui.runs.switcher import choose_run
from pages.ui.runs.tree import show_tree
from pages.ui.shell import workspace

VIEWS = {
    "story": "Story",
    "steps": "Steps",
    "rules": "Rules",
    "cascade": "When to answer",
    "rows": "Rows to decide",
    "judge": "Judge",
}


def show_bar(runs: tuple[RunRecord, ...]) -> RunRecord:
    """The run that is chosen in it, with its result."""
    with st.container(horizontal=True, vertical_alignment="center", key="run_bar"):
        run = workspace().store.runs.get(choose_run(runs))
        if not workspace().read_only:
            show_star(run)
            edit_note(run)
        show_tree(run, runs)
        show_actions(run, runs)
    return run


def choose_view(judge: bool) -> str:
    """Kept in the address; a link to a step shows it. `judge`: the labels are verdicts on answers."""
    views = [name for name in VIEWS if name != "judge" or judge]
    addressed("view", views, "steps" if "step" in st.query_params else "story")
    return st.segmented_control(
        "View", views, required=True, format_func=VIEWS.get, key="view", label_visibility="collapsed"
    )
