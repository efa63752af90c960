"""Rows by hand: typed into a table, or pasted as lines. They outlive a visit to another page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.data.fields import ColumnMap
from core.data.importing.columns import guess_columns
from core.data.importing.pasted import read_pasted, read_typed
from core.errors import DataError
from pages.ui.dataset.importing.columns import import_rows
from pages.ui.dataset.importing.draft import UNSAVED, Incoming
from pages.ui.wording import escape_md

BLANK_ROWS = 5
TYPED, FIRST = UNSAVED + "typed rows", UNSAVED + "typed rows at first"


def type_rows() -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        rows = _edit()
        st.caption(
            "Two labels at least, and a handful of rows. Cells pasted from a spreadsheet land here too."
        )
    if any(text or label for text, label in rows):
        with right, _as_hint():
            import_rows(
                Incoming(
                    read_typed(rows),
                    ColumnMap(("text",), "label"),
                    "Typed by hand",
                    "typed by hand",
                    "typed",
                    small=True,
                )
            )


def _edit() -> list[tuple[str, str]]:
    import pandas as pd

    key = f"typed_{st.session_state.get('uploads', 0)}"
    if key not in st.session_state:  # drawn anew: an editor forgets its edits with the page
        st.session_state[FIRST] = st.session_state.get(TYPED) or [("", "")] * BLANK_ROWS
    edited = st.data_editor(
        pd.DataFrame(st.session_state[FIRST], columns=["text", "label"], dtype=object),
        num_rows="dynamic",
        hide_index=True,
        key=key,
        alt="Rows to type: a text and its label",
        column_config={
            "text": st.column_config.TextColumn("Text", width="large"),
            "label": st.column_config.TextColumn("Label", width="small"),
        },
    )
    rows = [(_cell(text), _cell(label)) for text, label in edited.itertuples(index=False)]
    st.session_state[TYPED] = rows
    return rows


def paste_lines() -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        pasted = st.text_area(
            "One row per line: text, then a comma or tab, then the label",
            key=f"pasted_{st.session_state.get('uploads', 0)}",
            height=260,
            placeholder="Fix bug in documentation,documentation\nAdd Redis as a chat message store,integration\n…",
            persist_state="session",
        )
        st.caption(
            "The label is what follows the last comma, so commas in the text need no quotes. Press Ctrl+Enter to read the lines."
        )
    if pasted.strip():
        with right, _as_hint():
            table = read_pasted(pasted)
            import_rows(
                Incoming(table, guess_columns(table), "Pasted rows", "pasted by hand", "pasted", small=True)
            )


@contextmanager
def _as_hint() -> Iterator[None]:
    """Rows that are half typed are no error yet: what is missing is told quietly."""
    try:
        yield
    except DataError as missing:
        st.info(escape_md(str(missing)), icon=":material/info:")


def _cell(value: object) -> str:
    return value if isinstance(value, str) else ""
