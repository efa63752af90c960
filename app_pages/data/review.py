"""Review: labels in doubt, one card at a time, a key for every decision."""

import streamlit as st

from app_pages.ui import shell
from app_pages.ui.acting import READ_ONLY, act, show_problem
from app_pages.ui.review_card import show_card
from app_pages.ui.review_deciding import later, show_decisions
from app_pages.ui.review_progress import show_progress
from app_pages.ui.words import count
from core.curating import card, find, is_stale, queue, was_searched
from core.state.records import DatasetInfo

st.title("Review", anchor=False)
dataset = shell.dataset()
if dataset is None:
    shell.nothing_yet(
        "Nothing to review yet", "Labels in doubt are found in a dataset: bring your own rows or take a sample.", "Go to the overview",
        lambda: shell.go("overview"), key="to_overview",
    )
    st.stop()


def search(info: DatasetInfo, label: str, primary: bool) -> None:
    """Looks for labels in doubt; every decision that was made stands."""
    locked = shell.workspace().read_only
    pressed = st.button(
        label, key="find", icon=":material/search:", type="primary" if primary else "tertiary", disabled=locked,
        help=READ_ONLY if locked else "Compares every label with all other rows, and with what runs have read. Calls no model.",
    )
    if pressed:
        with st.spinner("Comparing every label with the other rows …"):
            act(lambda: find(shell.workspace(), info.id))
        st.rerun(scope="app")


@st.fragment
def cards(info: DatasetInfo) -> None:
    """One card; a decision draws nothing but this again."""
    workspace = shell.workspace()
    show_problem()
    with shell.sentences():
        waiting = later(queue(workspace, info.id))
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            show_progress(info, len(waiting))
            if is_stale(workspace, info.id):
                search(info, "Look again", primary=False)
        if waiting:
            shown = card(workspace, info.id, waiting[0].example_id)
            show_decisions(info, shown)
            show_card(info, shown)
        else:
            show_decisions(info, None)
            st.success("No label in doubt is left to decide.", title="All reviewed", icon=":material/verified:")
            if st.button("Set up a run", icon=":material/play_circle:", key="to_run", type="primary"):
                shell.go("new run")


if not was_searched(shell.workspace(), dataset.id):
    with st.container(border=True, width=640):
        st.subheader("Which labels are in doubt?", anchor=False)
        st.caption(
            f"Each of the {count(dataset.rows, 'row')} is judged by all others: what they are labelled, and what runs have read. "
            "No key is needed, no model is called."
        )
        show_problem()
        search(dataset, "Find labels in doubt", primary=True)
else:
    cards(dataset)
