"""Review: labels in doubt, rows without a label, and second labels, one card at a time, a key for every
decision."""

import streamlit as st

from core.services.review import was_searched
from pages.ui import shell
from pages.ui.actions import show_problem
from pages.ui.address import addressed
from pages.ui.dataset_status import scorer_in_words
from pages.ui.navigation import go
from pages.ui.review.cards import cards, search
from pages.ui.review.label_rows import label_rows
from pages.ui.review.queue import OPENED
from pages.ui.review.second_labels import second_labels
from pages.ui.review.triage import show_triage
from pages.ui.wording import count, escape_md

VIEWS = {"cards": "Cards", "triage": "Triage", "label": "Without a label", "second": "Second labels"}

st.title("Review", anchor=False)
dataset = shell.dataset()
if dataset is None:
    shell.nothing_yet(
        "Nothing to review yet",
        "Labels in doubt are found in a dataset: bring your own rows or take a sample.",
        "Go to the overview",
        lambda: go("overview"),
        key="to_overview",
    )
    st.stop()

if dataset.scorer:
    shell.nothing_yet(
        "No labels to review",
        f"The rows have answers here, scored by {escape_md(scorer_in_words(dataset.scorer))}. "
        "Write and correct them in the table of the dataset.",
        "Open the dataset",
        lambda: go("dataset"),
        key="to_dataset",
    )
    st.stop()

addressed("review", list(VIEWS), "label" if dataset.unlabelled == dataset.rows > 0 else "cards")
view = st.segmented_control(
    "View",
    list(VIEWS),
    key="review",
    required=True,
    label_visibility="collapsed",
    format_func=VIEWS.get,
)
if view == "triage":
    with shell.sentences():
        show_triage(dataset)
elif view == "label":
    label_rows(dataset)
elif view == "second":
    second_labels(dataset)
elif not was_searched(shell.workspace(), dataset.id) and OPENED not in st.session_state:
    with st.container(border=True, width=640):
        st.subheader("Which labels are in doubt?", anchor=False)
        st.caption(
            f"Each of the {count(dataset.rows - dataset.unlabelled, 'row')} with a label is checked against all others: "
            "against their labels, and the predictions of runs. "
            "No key is needed, no model is called."
        )
        show_problem()
        search(dataset, "Find labels in doubt", primary=True)
else:
    cards(dataset)
