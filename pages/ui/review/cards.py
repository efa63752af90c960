"""The cards of labels in doubt, one at a time, and the search for such labels."""

from __future__ import annotations

import streamlit as st

from core.services.review import card, find, is_stale
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act, show_problem
from pages.ui.navigation import go
from pages.ui.review.card import show_evidence, show_text
from pages.ui.review.decisions import choose_label, show_decisions, turn_back_or_on, write_note
from pages.ui.review.progress import show_bar, show_progress
from pages.ui.review.queue import OPENED, Wanted, choose_wanted, opened, show_opened, waiting, with_findings
from pages.ui.review.votes import offer_votes
from pages.ui.sides import text_and_evidence


def search(info: DatasetInfo, label: str, primary: bool) -> None:
    """Looks for labels in doubt; every decision that was made stands."""
    locked = shell.workspace().read_only
    pressed = st.button(
        label,
        key="find",
        icon=":material/search:",
        type="primary" if primary else "tertiary",
        disabled=locked,
        help=READ_ONLY
        if locked
        else "Compares every label with all other rows and with the predictions of runs. Calls no model.",
    )
    if pressed:
        with st.spinner("Comparing every label with the other rows …"):
            act(lambda: find(shell.workspace(), info.id))
        st.rerun(scope="app")


@shell.fragment
def cards(info: DatasetInfo) -> None:
    """One card; a decision draws nothing but this again."""
    workspace = shell.workspace()
    with shell.sentences():
        with st.container(horizontal=True, vertical_alignment="center", key="review_head"):
            summary = st.container(width="stretch")
            wanted = choose_wanted(info)
            if is_stale(workspace, info.id):
                search(info, "Look again", primary=False)
            votes = st.container(width="content")
            turn_back_or_on(info)
        left = waiting(info, wanted)
        with summary:
            show_progress(info, opened(info) or wanted, len(left))
        show_bar(len(left))
        show_opened(info)
        if not info.labels.several:  # a blind vote names one label
            with votes:
                offer_votes(info, left)
        if left:
            subject = with_findings(info, card(workspace, info.id, left[0]))
            text, evidence = text_and_evidence()
            with text:
                show_text(info, subject)
                show_decisions(info, subject)
                choose_label(info, subject)
                show_problem()
                write_note(info, subject)
            with evidence:
                show_evidence(info, subject)
        else:
            show_problem()
            nothing_left(wanted)


def nothing_left(wanted: Wanted) -> None:
    if OPENED in st.session_state:
        st.info("All of these rows are decided.", icon=":material/check:")
        return
    if wanted.active:
        st.info(
            "Nothing left to decide here: other labels in doubt may be hidden by the filter.",
            icon=":material/filter_alt:",
        )
        return
    st.success(
        "Every label in doubt is decided. Labels you kept will not come up again.",
        title="All reviewed",
        icon=":material/verified:",
    )
    with st.container(horizontal=True):
        if st.button("Set up a run", icon=":material/play_circle:", key="to_run", type="primary"):
            go("new run")
        if st.button("See the rows", icon=":material/table_rows:", key="to_rows"):
            go("dataset")
