"""Runs: watch one, and see what changed at each step and why."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.store.records import RunStatus
from pages.ui import shell
from pages.ui.actions import show_outcome
from pages.ui.address import addressed
from pages.ui.dataset_status import majority_of
from pages.ui.navigation import go
from pages.ui.runs.caps import offer_caps
from pages.ui.runs.choice import choose_run, watch
from pages.ui.runs.cut_off import show_cut_off
from pages.ui.runs.head import show_actions, show_facts
from pages.ui.runs.ledger.table import show_ledger
from pages.ui.runs.list import show_note, show_runs, show_star
from pages.ui.runs.objective import show_objective
from pages.ui.runs.pause import show_proposal
from pages.ui.runs.replay import show_replay
from pages.ui.runs.result import show_accuracy, show_ending, show_figures
from pages.ui.runs.row_lists import show_row_lists
from pages.ui.runs.spend import show_spend
from pages.ui.runs.step_story import show_story
from pages.ui.runs.steps import choose_step, load_step, show_use, show_verdict
from pages.ui.wording import escape_md

VIEWS = {"story": "The step's story", "rules": "The prompt's rules", "rows": "Canonical and held-back rows"}

store = shell.workspace().store


def steady(part: str) -> DeltaGenerator:
    """A place that is there even where nothing is in it: what comes after it is not drawn anew when it
    fills."""
    return st.container(key="runs_" + part)


st.title("Runs", anchor=False)
with steady("outcome"):
    show_outcome()
if not shell.workspace().read_only:
    store.leases.mark_interrupted()
dataset = shell.dataset()
runs = store.runs.all(dataset.id) if dataset else ()
if not runs:
    what = "Choose models and limits, and watch the prompt get better."
    shell.nothing_yet("No run yet", what, "Set up a run", lambda: go("new run"), key="set_up")
    st.stop()

run_id = choose_run(runs)
with steady("list"):
    if len(runs) > 1:
        show_runs(runs, run_id)

run = store.runs.get(run_id)
with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader(escape_md(run.name), anchor=False, width="content")
    show_star(run)
    show_actions(run)
with steady("state"):
    show_note(run)
    watch(runs, run_id)
    if run.status is RunStatus.PAUSED:
        show_proposal(run)
    elif not run.active:
        show_ending(run)
        offer_caps(run)
figures = store.steps.figures(run_id)
with steady("figures"):
    show_figures(run, figures)
    show_cut_off(run, figures)
    show_objective(run)
    if not run.active:
        with st.expander("What it took", icon=":material/receipt_long:"):
            show_spend(run, figures)
    show_replay(run, dataset)
if not figures:
    if run.active:
        st.caption("The chart begins when the starting prompt has been measured.")
    st.stop()
left, right = st.columns([3, 2], gap="medium")
with right:
    loaded = load_step(run, figures, choose_step(figures))
    show_verdict(loaded, run.settings.reply_tokens)
    with st.container(horizontal=True):
        show_use(loaded, run)
    show_facts(run)
with left:
    majority = run.result.majority_accuracy if run.result else majority_of(run)
    show_accuracy(figures, majority, loaded.step.number)
addressed("view", list(VIEWS), "story")
view = st.segmented_control(
    "View", list(VIEWS), required=True, format_func=VIEWS.get, key="view", label_visibility="collapsed"
)
if view == "rules":
    show_ledger(run, loaded)
elif view == "rows":
    show_row_lists(run, loaded, figures)
else:
    show_story(loaded, run, figures)
