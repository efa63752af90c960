"""Presenter mode: the story of a run alone on the screen, by keys. It stands in the address (`?present=1`)."""

from __future__ import annotations

import streamlit as st

from pages.ui.address import forget
from pages.ui.navigation import PRESENT
from pages.ui.shell import workspace

LANDED = "landed on the story"  # in the session


def presenting() -> bool:
    return st.query_params.get(PRESENT) == "1"


def present() -> None:
    """From the start, whichever step is on the screen."""
    forget("step")
    st.query_params[PRESENT] = "1"


def leave() -> None:
    st.query_params.pop(PRESENT, None)


def lands_on_story(path: str) -> bool:
    """Once a visit, where the workspace is only shown and the address names no page: what there is to see first."""
    if path or st.session_state.get(LANDED) or not workspace().read_only:
        return False
    st.session_state[LANDED] = True
    store = workspace().store
    return any(run.steps for info in store.datasets.all() for run in store.runs.all(info.id))
