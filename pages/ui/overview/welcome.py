"""The first visit: what Whetstone does, one button that shows it on real rows, and the way to one's own
data."""

from __future__ import annotations

import streamlit as st

from core.jobs.run_job import Pace
from core.samples import sample
from core.services.datasets import import_sample
from core.services.runs import create_run, take_up
from core.types import Settings
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.address import turn_to
from pages.ui.navigation import go

STEPS = (
    (":material/straighten:", "Measure", "A cheap model classifies your rows with a plain starting prompt."),
    (":material/search:", "Read mistakes", "A strong model reads what went wrong, with your notes."),
    (":material/edit:", "Edit", "It proposes small edits to the prompt, not a new one."),
    (
        ":material/balance:",
        "Keep or refuse",
        "Each candidate is measured on rows held out for it. What makes it worse is refused.",
    ),
)

WATCHED = Pace(step=1.0)  # a second a step: slow enough to see the prompt get better


def welcome() -> None:
    st.title("Sharpen the prompt of a text classifier", anchor=False)
    st.markdown(
        "Whetstone reads the mistakes that a cheap model makes on your labelled text and edits its prompt. "
        "It keeps an edit that fixes mistakes and makes no more than it fixes; the longer the prompt, the more an edit must bring."
    )
    st.space("small")
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        _try_the_sample()
    with right.container(border=True, height="stretch"):
        _bring_your_own()
    st.space("small")
    st.subheader("What a run does, step by step", anchor=False)
    with st.grid(4, min_column_width=200, gap="medium") as grid:
        for icon, title, sentence in STEPS:
            with grid.cell():
                st.markdown(f"{icon} **{title}**")
                st.caption(sentence)


def _try_the_sample() -> None:
    st.subheader("See it work", anchor=False)
    st.markdown("A few hundred issue titles in five labels, some of them wrong on purpose, as in real life.")
    st.caption(
        "No key needed: the offline pair, simple word statistics, no language model. A run takes seconds."
    )
    st.space("stretch")
    locked = no_spending()
    if st.button(
        "Tune the sample",
        type="primary",
        icon=":material/play_arrow:",
        key="tune_sample",
        disabled=bool(locked),
        help=locked or None,
    ):
        tune_sample()


def _bring_your_own() -> None:
    st.subheader("Bring your own labelled text", anchor=False)
    st.markdown(
        "A CSV file with a text and a label per row, or a handful of rows typed by hand. A row may have several labels, "
        "an answer to extract or write instead of a label, or a verdict on an answer, to tune a judge."
    )
    st.caption("Your rows stay on this machine until you choose a model that runs elsewhere.")
    st.space("stretch")
    if st.button("Bring your own data", icon=":material/upload_file:", key="bring_own"):
        turn_to("data", "import")
        go("dataset")


def tune_sample() -> None:
    with shell.sentences(), st.spinner("Importing the sample and starting the run…"):
        dataset_id = import_sample(shell.workspace(), sample("github_issues"))
        start(dataset_id, WATCHED)


def start(dataset_id: str, pace: Pace = Pace()) -> None:
    """Starts a run with the default settings and goes to watch it."""
    run_id = create_run(shell.workspace(), dataset_id, Settings(definitions_first=True))
    take_up(shell.workspace(), run_id, pace=pace)
    st.session_state["run"] = run_id
    shell.show_dataset(dataset_id)
    go("runs")
