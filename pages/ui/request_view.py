"""Nothing hidden: one answer of a run with the request that brought it and the raw reply."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.tuning.evaluate import classify_requests
from core.types import Example, NeighbourSource, Outcome, Prediction, Prompt, Settings
from pages.ui.answers import show_sent

CARRIED = (
    "Under a cap on calls, rows that the edits of a step do not touch keep the reply that they had: it may have come of the prompt of an "
    "earlier step."
)


def show_request(
    row: Example,
    prediction: Prediction,
    prompt: Prompt,
    settings: Settings,
    labels: Sequence[str],
    carried: bool,
) -> None:
    """The request is rendered again from the prompt and the text, as the run was told. `carried`: the reply
    may be an older one."""
    [request] = classify_requests(prompt, [row.text], labels if settings.structured_output else ())
    st.subheader("What was sent, and what came back", anchor=False)
    sent, came = st.columns([3, 2], gap="medium")
    with sent:
        similar = prompt.few_shot.strategy == "similar"
        show_sent(settings.lightweight, request, NeighbourSource.PROMPT if similar else None)
    with came:
        if prediction.outcome is Outcome.FAILED:
            st.caption("The call failed")
            st.code(prediction.error, language=None, wrap_lines=True)
        else:
            st.caption("The raw reply")
            st.code(prediction.reply or "(empty)", language=None, wrap_lines=True)
        if row.note:
            st.caption("The note of the row")
            st.text(row.note)
        if carried:
            st.caption(CARRIED)
