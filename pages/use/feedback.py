"""Feedback: what people said of predictions, what became of it, and the rules for that."""

import streamlit as st

from core.store.feedback.records import State
from pages.ui import shell
from pages.ui.actions import show_problem
from pages.ui.address import addressed
from pages.ui.feedback.inbox import show_inbox
from pages.ui.feedback.list import show_list
from pages.ui.feedback.news import suggest_tuning
from pages.ui.feedback.predictions import show_predictions
from pages.ui.feedback.rules import show_rules
from pages.ui.navigation import go

VIEWS = {"inbox": "Inbox", "list": "What came in", "predictions": "Predictions", "rules": "Rules"}

st.title("Feedback", anchor=False)
shell.show_notice()
dataset = shell.dataset()
if dataset is None:
    shell.nothing_yet(
        "No feedback yet",
        "It is given on predictions, and these are made with the labels of a dataset: bring your own rows or take a sample.",
        "Go to the overview",
        lambda: go("overview"),
        key="to_overview",
    )
    st.stop()

with shell.sentences():
    counts = shell.workspace().store.feedback.counts(dataset.id)
    addressed("feedback", list(VIEWS), "inbox" if counts[State.INBOX] else "list")
    view = st.segmented_control(
        "View",
        list(VIEWS),
        key="feedback",
        format_func=VIEWS.get,
        required=True,
        label_visibility="collapsed",
    )
    if view != "inbox":
        show_problem()  # there it stands beside the keys
    if view == "rules":
        show_rules(dataset)
    elif view == "predictions":
        show_predictions(dataset)
    elif view == "inbox":
        show_inbox(dataset)
    elif not any(counts.values()):
        shell.nothing_yet(
            "No feedback yet",
            "Rate any prediction in the playground: right, or the label it should have been. Rules move it into the rows. A program "
            "sends it with `Classifier.give_feedback`, or over HTTP to `POST /api/v1/feedback`.",
            "Open the playground",
            lambda: go("playground"),
            key="to_playground",
        )
    else:
        suggest_tuning(dataset)
        show_list(dataset)
