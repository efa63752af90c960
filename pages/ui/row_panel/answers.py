"""The label of the row beside what was predicted where it was opened, and why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.metrics.metrics import right
from core.similarity.requests import classify_requests
from core.similarity.shortlist import shows_examples
from core.types import NeighbourSource, Outcome, Prediction
from core.wording import predicted_in_words
from pages.ui.answers import show_label, show_sent
from pages.ui.row_panel.state import OpenedRow, ShownAnswers
from pages.ui.wording import escape_md

CARRIED = (
    "Under a cap on calls, rows that the edits of a step do not touch keep the reply that they had: it may have come of the prompt of an "
    "earlier step."
)
Answered = tuple[ShownAnswers, Prediction]


def answered(opened: OpenedRow) -> list[Answered]:
    known = [(each, each.predictions.get(opened.row_id)) for each in opened.context.answers]
    return [(shown, prediction) for shown, prediction in known if prediction is not None]


def show_answers(opened: OpenedRow, label: str, labels: Sequence[str]) -> None:
    with st.container(horizontal=True, gap="medium"):
        with st.container(width="content", gap="xsmall"):
            st.caption("Label")
            show_label(label or "none yet", labels)
        for shown, prediction in answered(opened):
            with st.container(width="content", gap="xsmall"):
                st.caption(escape_md(shown.name) + _mark(prediction, label))
                show_label(predicted_in_words(prediction), labels)
    for shown, prediction in answered(opened):
        reason = prediction.reason or prediction.error
        if reason:
            whose = f"{shown.name}: " if len(opened.context.answers) > 1 else ""
            st.text(whose + reason)


def _mark(prediction: Prediction, label: str) -> str:
    if prediction.outcome is Outcome.FAILED or not label:
        return ""
    return " · right" if right(prediction, label) else " · wrong"


def show_exchange(shown: ShownAnswers, prediction: Prediction, text: str, labels: Sequence[str]) -> None:
    """What was sent, rendered again from the prompt and the text as the run did it, and what came back."""
    if prediction.outcome is Outcome.FAILED:
        st.caption("The call failed")
        st.code(prediction.error, language=None, wrap_lines=True)
    else:
        st.caption(escape_md(prediction.error) if prediction.cut_off else "Reply, to the letter")
        st.code(prediction.reply or "(empty)", language=None, wrap_lines=True)
    if shown.prompt is None or shown.settings is None:
        return
    choices = labels if shown.settings.structured_output else ()
    [request] = classify_requests(shown.prompt, [text], choices, reply_tokens=shown.settings.reply_tokens)
    similar = shows_examples(shown.prompt) and shown.prompt.few_shot.strategy == "similar"
    show_sent(shown.settings.lightweight, request, NeighbourSource.PROMPT if similar else None)
    if shown.carried:
        st.caption(CARRIED)
