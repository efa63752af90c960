"""Runs: what came of one, how it got there, and what to do with it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.store.records import RunStatus
from pages.ui import shell
from pages.ui.actions import show_outcome
from pages.ui.address import forget
from pages.ui.judges.view import show_judge
from pages.ui.navigation import go
from pages.ui.presenter_mode import presenting
from pages.ui.runs.bar import choose_view, show_bar
from pages.ui.runs.confidence.view import show_cascade
from pages.ui.runs.ledger.table import show_ledger
from pages.ui.runs.live.view import show_live
from pages.ui.runs.live.watch import watch
from pages.ui.runs.notes import show_note
from pages.ui.runs.pause import show_proposal
from pages.ui.runs.replay import show_replay
from pages.ui.runs.row_lists import show_row_lists
from pages.ui.runs.steps import load_chosen
from pages.ui.runs.steps_view import show_steps
from pages.ui.runs.story.presentation import show_presentation
from pages.ui.runs.story.view import show_story
from pages.ui.runs.switcher import show_lost_link

store = shell.workspace().store


def steady(part: str) -> DeltaGenerator:
    """A place that is there even where nothing is in it: what comes after it is not drawn anew when it
    fills."""
    return st.container(key="runs_" + part)


if presenting():
    show_presentation()
    st.stop()
st.title("Runs", anchor=False)
with steady("outcome"):
    show_outcome()
    show_lost_link()
if not shell.workspace().read_only:
    store.leases.mark_interrupted()
dataset = shell.dataset()
runs = store.runs.all(dataset.id) if dataset else ()
if not runs:
    forget("run")  # of another dataset: a reload would go back there
    what = "Choose models and limits, and watch the prompt get better."
    shell.nothing_yet("No run yet", what, "Set up a run", lambda: go("new run"), key="set_up")
    st.stop()

run = show_bar(runs)
with steady("state"):
    show_note(run)
    watch(runs, run.id)
    if run.status is RunStatus.PAUSED:
        show_proposal(run)
    today = steady("replay")
view, figures = choose_view(bool(dataset.labels.good)), store.steps.figures(run.id)
with today:
    show_replay(run, dataset)
if view == "story" and (run.active or run.status is RunStatus.PAUSED):
    show_live(run, figures)
elif view == "story":
    show_story(run, figures, dataset)
elif not figures:
    st.caption("The starting prompt has not been measured yet.")
elif view == "judge":
    show_judge(run, dataset)
elif view == "steps":
    show_steps(run, figures)
elif view == "cascade":
    show_cascade(run, figures)
elif view == "rules":
    show_ledger(run, load_chosen(run, figures))
else:
    show_row_lists(run, load_chosen(run, figures), figures)
