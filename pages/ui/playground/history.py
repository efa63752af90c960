"""What was tried: every answer served on this dataset, the newest first. One can be looked at, judged, and
opened again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pandas as pd
import streamlit as st

from core.confidence.cascade import AnsweredBy
from core.errors import NotFound
from core.services.champions import prompt_names
from core.services.playground import prompt_of_key
from core.services.serving.predictions import find_prediction
from core.store.feedback.records import ServedPrediction
from core.store.records import DatasetInfo
from core.types import Outcome
from pages.ui.actions import act
from pages.ui.answers import IN_TABLE
from pages.ui.mistakes import label_column
from pages.ui.playground.answers import show_card
from pages.ui.playground.prompt_choice import TRIED
from pages.ui.playground.sides import SIDES, reset_switches
from pages.ui.shell import workspace
from pages.ui.sides import PAGER

SIZE = 10
ONE = "One text"


def show_history(dataset: DatasetInfo) -> None:
    page = workspace().store.answers.page(dataset.id, SIZE, st.session_state.get("history_page", 1))
    if not page.total:
        st.caption("Nothing has been classified yet.")
        return
    labels = dataset.labels.names
    answered = workspace().store.feedback.on(dataset.id, [answer.id for answer in page.answers])
    state = st.dataframe(
        history_table(page.answers, set(answered), prompt_names(workspace(), dataset.id)),
        hide_index=True,
        alt="Texts that were classified",
        on_select="rerun",
        selection_mode="single-row",
        key=f"history {page.page}",
        height="content",
        column_config={
            "When": st.column_config.DatetimeColumn(format="D MMM, HH:mm", width=100),
            "Text": st.column_config.TextColumn(width=240),
            "Label": label_column("Label", labels, 120),
            "Prompt": st.column_config.TextColumn(width=150),
            "Model": st.column_config.TextColumn(width=140),
            "From": st.column_config.TextColumn(width=90),
            "Judged": st.column_config.CheckboxColumn(width=70),
        },
    )
    pages = -(-page.total // SIZE)
    if pages > 1:
        st.pagination(pages, key="history_page", width=PAGER)
    for index in state.selection.rows:
        if index < len(page.answers):
            _show(page.answers[index], dataset)


def history_table(
    answers: tuple[ServedPrediction, ...], judged: set[str], prompts: Mapping[str, str]
) -> pd.DataFrame:
    """`prompts`: names of prompts by key."""
    columns: dict[str, list] = {
        "When": [datetime.fromtimestamp(answer.at) for answer in answers],
        "Text": [answer.text for answer in answers],
        "Label": [[answer.label or IN_TABLE[Outcome(answer.outcome)]] for answer in answers],
        "Prompt": [prompts.get(answer.prompt_key, answer.prompt_key) for answer in answers],
        "Model": [answer.model for answer in answers],
        "From": [answer.source for answer in answers],
        "Judged": [answer.id in judged for answer in answers],
    }
    if len(set(columns["From"])) < 2:
        del columns["From"]
    return pd.DataFrame(columns)


def _show(answer: ServedPrediction, dataset: DatasetInfo) -> None:
    with st.container(border=True):
        st.text(answer.text)
        show_card(
            find_prediction(workspace(), answer.id).as_classification(dataset.labels.several),
            dataset.labels.names,
            dataset.id,
            " in the history",
        )
        known = prompt_of_key(workspace(), dataset.id, answer.prompt_key) is not None
        st.button(
            "Open again",
            icon=":material/open_in_full:",
            key="again " + answer.id,
            disabled=not known,
            on_click=act,
            args=(lambda: _open(answer, dataset.id),),
            help="This text with the same prompt and model"
            if known
            else "Its prompt is not stored: it was not tried here.",
        )


def _open(answer: ServedPrediction, dataset_id: str) -> None:
    """For a callback: the table is laid as it was."""
    file = prompt_of_key(workspace(), dataset_id, answer.prompt_key)
    if file is None:
        raise NotFound("The prompt of this answer is no longer stored: choose another one.")
    state = st.session_state
    state[SIDES] = "A"
    state["whose_prompt"] = TRIED + answer.prompt_key
    asked = (file.model or "") if answer.model == AnsweredBy.LOCAL else answer.model
    state["playground_model_" + (file.model or "")] = asked
    state["edit"] = False
    state["playground_kind"], state["playground_text"] = ONE, answer.text
    reset_switches()
