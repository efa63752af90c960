"""Served predictions, the newest first: found by text or id, each with its request and reply; and how long they are
kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.prompts.files import prompt_key
from core.services.champions import prompt_names
from core.services.serving.predictions import clean_when_due, find_prediction
from core.store.feedback.records import Feedback, ServedPrediction
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.answers import show_messages
from pages.ui.feedback.wording import answered, came_from, feedback_in_a_word, prediction_facts
from pages.ui.mistakes import label_column
from pages.ui.playground.answers import show_card
from pages.ui.settings.kept_days import show_prediction_days
from pages.ui.sides import PAGER
from pages.ui.wording import count, escape_md, shortened

SIZE = 20
OF_FILES = "Rows of a file come here once they are rated."
SEARCH, PAGE = "served_search", "served_page"  # keys of widgets


def show_predictions(info: DatasetInfo) -> None:
    clean_when_due(shell.workspace())
    search = (
        st.text_input(
            "Search",
            key=SEARCH,
            live="300ms",
            icon=":material/search:",
            label_visibility="collapsed",
            placeholder="Text, or the whole id",
        )
        or ""
    ).strip()
    store = shell.workspace().store
    page = store.answers.page(info.id, SIZE, st.session_state.get(PAGE, 1), search=search)
    if st.session_state.get(PAGE, 1) > page.page:
        st.session_state[PAGE] = page.page
    if not page.total:
        st.info(
            "No prediction has this text or id."
            if search
            else f"Nothing was classified yet, in the playground, by a program or over HTTP. {OF_FILES}",
            icon=":material/search_off:",
        )
    else:
        _show_page(page.answers, page.total, info)


def find(prediction_id: str) -> None:
    """For `on_click`: this prediction alone."""
    st.session_state["feedback"], st.session_state[SEARCH] = "predictions", prediction_id


def _show_page(answers: Sequence[ServedPrediction], total: int, info: DatasetInfo) -> None:
    given = shell.workspace().store.feedback.on(info.id, [answer.id for answer in answers])
    chosen = st.dataframe(
        prediction_table(answers, given, prompt_names(shell.workspace(), info.id)),
        hide_index=True,
        alt="Predictions, newest first",
        on_select="rerun",
        selection_mode="single-row",
        key="served " + answers[0].id + str(len(answers)),
        height="content" if len(answers) < 14 else 500,
        column_config={
            "When": st.column_config.DatetimeColumn(
                format="D MMM, HH:mm", width=95, timezone=st.context.timezone or "UTC"
            ),
            "Text": st.column_config.TextColumn(width=220),
            "Predicted": label_column("Predicted", info.labels.names, 115),
            "Prompt": st.column_config.TextColumn(width=150),
            "Model": st.column_config.TextColumn(width=115),
            "Feedback": label_column("Feedback", info.labels.names, 115),
            "From": st.column_config.TextColumn(width=110),
            "Id": st.column_config.TextColumn(width=110),
        },
    ).selection.rows
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"{count(total, 'prediction')}, the newest first. {OF_FILES}", width="content")
        if total > SIZE:
            st.pagination(-(-total // SIZE), key=PAGE, width=PAGER)
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
            show_prediction_days("Kept")
    for index in chosen:
        if index < len(answers):
            _show(answers[index].id, info)


def prediction_table(
    answers: Sequence[ServedPrediction], given: Mapping[str, tuple[Feedback, ...]], prompts: Mapping[str, str]
) -> pd.DataFrame:
    """What nobody has filled in has no column, nor have the model and the place where these are the same everywhere.
    `prompts`: names of prompts by key."""
    columns: dict[str, list] = {
        "When": [datetime.fromtimestamp(answer.at, UTC) for answer in answers],
        "Text": [shortened(answer.text, 500) for answer in answers],
        "Predicted": [[answered(answer)] for answer in answers],
        "Prompt": [prompts.get(answer.prompt_key, answer.prompt_key) for answer in answers],
        "Model": [answer.model for answer in answers],
        "Feedback": [[feedback_in_a_word(each) for each in given.get(answer.id, ())] for answer in answers],
        "From": [came_from(answer) for answer in answers],
        "Id": [answer.id for answer in answers],
    }
    for title in ("Model", "From"):
        if len(set(columns[title])) < 2:
            del columns[title]
    return pd.DataFrame({title: values for title, values in columns.items() if any(values)})


def _show(prediction_id: str, info: DatasetInfo) -> None:
    """As it came: the answer, what was asked, and what people said of it."""
    record = find_prediction(shell.workspace(), prediction_id)
    with st.container(border=True, key="served_one"):
        with st.container(height=200 if len(record.prediction.text) > 900 else "content", border=False):
            st.text(record.prediction.text[:50_000])
        answer = record.as_classification(info.labels.several)
        show_card(answer, info.labels.names, info.id, " in the predictions")
        if record.call is None:
            st.caption("Its request and reply were not kept.")
        elif record.call.request is not None:
            with st.expander("Request", icon=":material/outgoing_mail:"):
                show_messages(record.call.request.messages)
        st.caption(
            escape_md(
                " · ".join(
                    filter(
                        None,
                        prediction_facts(
                            record.prediction, prompt_names(shell.workspace(), info.id)
                        ).values(),
                    )
                )
            )
        )


def champion_key(dataset_id: str) -> str:
    """Of the champion's prompt; "" without a champion."""
    champion = shell.workspace().store.champions.current(dataset_id)
    return prompt_key(champion.prompt) if champion else ""
