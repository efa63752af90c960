"""New run: choose models and limits, see what will happen, start."""

import uuid

import streamlit as st

from core.errors import WhetstoneError
from core.samples import sample
from core.types import Settings
from pages.ui import shell
from pages.ui.acting import READ_ONLY, act, show_outcome
from pages.ui.models import model_problem
from pages.ui.planning import show_plan
from pages.ui.run_form import choose_settings
from pages.ui.words import escape_md


def start(ticket: str, dataset_id: str, settings: Settings, name: str) -> None:
    """A ticket starts one run: a second press carries the same one, and only goes to the run that is there."""
    if st.session_state.get("start_ticket") == ticket:
        try:
            st.session_state["run"] = shell.workspace().start_run(dataset_id, settings, name)
        except WhetstoneError as problem:
            st.session_state["problem"] = str(problem)
            return
        del st.session_state["start_ticket"]
    shell.go("runs")


def use_sample() -> None:
    act(lambda: shell.workspace().import_sample(sample("github_issues")))
    st.rerun()


st.title("New run", anchor=False)
show_outcome()
dataset = shell.dataset()
read_only = shell.workspace().read_only
if dataset is None:
    shell.nothing_yet(
        "There is nothing to tune on yet",
        "A run needs labelled text. Take the sample of GitHub issues, or import your own on the Dataset page.",
        "Use the sample", use_sample, key="use_sample",
    )
    st.stop()

left, right = st.columns([3, 2], gap="large")
with left:
    settings, name = choose_settings()
with right, st.container(border=True):
    st.markdown("**What will happen on** " + escape_md(dataset.name))
    possible = show_plan(dataset, settings)
    callable_ = not model_problem(settings.lightweight, "lightweight") and not model_problem(settings.heavyweight, "heavyweight")
    st.button(
        "Start the run", type="primary", icon=":material/play_arrow:", width="stretch", key="start",
        disabled=read_only or not possible or not callable_,
        on_click=start, args=(st.session_state.setdefault("start_ticket", uuid.uuid4().hex), dataset.id, settings, name),
    )
    st.caption(READ_ONLY if read_only else "It goes on in the background: you may close this page.")
