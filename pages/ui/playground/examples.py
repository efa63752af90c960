"""The examples of a draft: none; these, written by hand or taken from the canonical rows; or whichever are
most similar to the text."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.store.records import DatasetInfo, RowQuery
from core.types import FewShot, Prompt, Shot
from pages.ui import shell
from pages.ui.wording import escape_md

STRATEGIES = {"none": "None", "fixed": "These, every time", "similar": "The most similar rows"}
MOST, MOST_K, USUAL_K = 50, 16, 4


def edit_examples(base: Prompt, dataset: DatasetInfo, labels: Sequence[str], key: str) -> FewShot:
    """As chosen now. `key` begins the names of the widgets."""
    before = base.few_shot
    st.session_state.setdefault(key + " strategy", before.strategy)
    strategy = st.segmented_control(
        "Examples in the prompt",
        list(STRATEGIES),
        format_func=STRATEGIES.get,
        required=True,
        key=key + " strategy",
        persist_state="session",
    )
    if strategy == "none":
        return before if before.strategy == "none" else FewShot()
    st.caption(
        "Each is sent as a question, with the draft's own words before and after its text, and the answer "
        + escape_md("<label>its label</label>.")
    )
    if strategy == "similar":
        st.session_state.setdefault(key + " k", before.k if base.shortlist else before.k or USUAL_K)
        k = st.slider(
            "How many",
            0 if base.shortlist else 1,
            MOST_K,
            key=key + " k",
            persist_state="session",
            help="Of the training rows; most similar last.",
        )
        return FewShot("similar", k, before.examples)
    shots = _edit_shots(before.examples, dataset, labels, key)
    return (
        before
        if before.strategy == "fixed" and shots == before.examples
        else FewShot("fixed", len(shots), shots)
    )


def reset_examples(base: Prompt, key: str) -> None:
    """For a callback: as the prompt has them."""
    st.session_state[key + " strategy"] = base.few_shot.strategy
    _set(base.few_shot.examples, key)


def _edit_shots(
    given: Sequence[Shot], dataset: DatasetInfo, labels: Sequence[str], key: str
) -> tuple[Shot, ...]:
    shots, turn = st.session_state.setdefault(key + " shots", (tuple(given), 0))
    table = pd.DataFrame(
        {"Text": [shot.text for shot in shots], "Label": [shot.label for shot in shots]}, dtype=object
    )
    edited = st.data_editor(
        table,
        num_rows="dynamic",
        hide_index=True,
        key=f"{key} table {turn}",
        alt="Examples that are sent with every text",
        column_config={
            "Text": st.column_config.TextColumn(width=290, max_chars=4_000),
            "Label": st.column_config.SelectboxColumn(options=list(labels), width=120),
        },
    )
    st.button(
        "Use the canonical rows",
        icon=":material/push_pin:",
        key=key + " canonical",
        on_click=_take,
        args=(dataset.id, labels, key),
        help="Training rows that are marked canonical, up to 50: held-out rows are never shown.",
    )
    rows = zip(edited["Text"], edited["Label"], strict=True)
    examples = [
        Shot(text, label)
        for text, label in rows
        if isinstance(text, str) and text.strip() and label in labels
    ]
    return tuple(examples)


def _take(dataset_id: str, labels: Sequence[str], key: str) -> None:
    rows = (
        shell.workspace()
        .store.rows.page(
            dataset_id, RowQuery(canonical=True, excluded=False, splits=("train", ""), size=MOST)
        )
        .rows
    )
    _set(tuple(Shot(row.text, row.label) for row in rows if row.label in labels), key)


def _set(shots: tuple[Shot, ...], key: str) -> None:
    _, turn = st.session_state.get(key + " shots", ((), 0))
    st.session_state[key + " shots"] = (shots, turn + 1)
