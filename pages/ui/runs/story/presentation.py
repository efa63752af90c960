"""Presenter mode: the story of one run, and nothing else on the screen."""

from __future__ import annotations

import streamlit as st

from pages.ui import shell
from pages.ui.address import addressed
from pages.ui.presenter_mode import leave
from pages.ui.runs.story.view import present_story
from pages.ui.runs.switcher import newest, show_lost_link

# Streamlit leaves the sidebar that was open before, empty.
NO_SIDEBAR = '<style>[data-testid="stSidebar"] { display: none; }</style>'


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
    show_lost_link()
    st.html(NO_SIDEBAR)
    run = store.runs.get(addressed("run", [run.id for run in runs], newest(runs), always=True))
    present_story(run, store.steps.figures(run.id), dataset)
