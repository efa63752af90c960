"""Rows by hand: typed into a table, or pasted as lines. They outlive a visit to another page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.data.fields import ColumnMap
from core.data.importing.columns import guess_columns
from core.data.importing.pasted import read_pasted, read_typed
from core.errors import DataError
from pages.ui import shell
from pages.ui.dataset.importing.columns import import_rows
from pages.ui.dataset.importing.draft import UNSAVED, Incoming, draft_key
from pages.ui.wording import escape_md

BLANK_ROWS = 5
TYPED, FIRST = UNSAVED + "typed rows", UNSAVED + "typed rows at first"
VISIT = "typed rows drawn"  # how often


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
                    draft_key("typed"),
                    small=True,
                )
            )


def _edit() -> list[tuple[str, str]]:
    """The rows as typed. The table is drawn from what was typed whenever the page is come back to, under
    another key: for the browser would lay its old edits over it."""
    import pandas as pd

    number = st.session_state.get(VISIT, 0)
    if shell.just_came() or _key(number) not in st.session_state:
        if _key(number) in st.session_state:
            _keep(_key(number))
        st.session_state[VISIT] = number = number + 1
        st.session_state[FIRST] = st.session_state.get(TYPED) or [("", "")] * BLANK_ROWS
    edited = st.data_editor(
        pd.DataFrame(st.session_state[FIRST], columns=["text", "label"], dtype=object),
        num_rows="dynamic",
        hide_index=True,
        key=_key(number),
        on_change=_keep,
        args=(_key(number),),
        alt="Rows to type: a text and its label",
        column_config={
            "text": st.column_config.TextColumn("Text", width="large"),
            "label": st.column_config.TextColumn("Label", width="small"),
        },
    )
    rows = [(_cell(text), _cell(label)) for text, label in edited.itertuples(index=False)]
    st.session_state[TYPED] = rows
    return rows


def _key(visit: int) -> str:
    return f"typed_{visit}"


def _keep(key: str) -> None:
    """For `on_change`: what was typed last may come with the press that leaves the page, which draws no table
    any more."""
    edits = st.session_state[key]
    rows = [dict(zip(("text", "label"), row, strict=True)) for row in st.session_state[FIRST]]
    for place, cells in edits["edited_rows"].items():
        rows[int(place)].update(cells)
    kept = [row for place, row in enumerate(rows) if place not in edits["deleted_rows"]]
    st.session_state[TYPED] = [
        (_cell(row.get("text")), _cell(row.get("label"))) for row in [*kept, *edits["added_rows"]]
    ]


def paste_lines() -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        pasted = st.text_area(
            "One row per line: text, then a comma or tab, then the label",
            key=draft_key("pasted"),
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
                Incoming(
                    table,
                    guess_columns(table),
                    "Pasted rows",
                    "pasted by hand",
                    draft_key("pasted"),
                    small=True,
                )
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
