"""A note on the row that is being decided: a key opens the field for it, Enter saves what was written."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.store.records import Row
from pages.ui import shell
from pages.ui.actions import act
from pages.ui.key_button import focus, key_button


def note_button(view: str, row: Row, help: str) -> None:
    """`view` is part of the keys, and says whose field it is."""
    key_button("Note", "N", lambda: _toggle(view, row), shell.workspace().read_only, help, key=f"{view}_note")


def note_field(
    view: str, row: Row, save: Callable[[str], object], placeholder: str, written: str | None = None
) -> None:
    """Nothing while it is closed. It begins with what was `written`, else with the note of the row; `save` gets
    the note, and its refusals are shown."""
    if st.session_state.get(_open(view)) != row.id:
        return
    key = f"{view}_noted_{row.id}_{row.version}"

    def keep() -> None:
        close_note(view)
        save(st.session_state[key].strip())

    with st.container(key=f"{view}_noting"):
        st.text_input(
            "Why the label is right",
            row.note if written is None else written,
            key=key,
            on_change=act,
            args=(keep,),
            disabled=shell.workspace().read_only,
            placeholder=placeholder,
        )
        focus(f"{view}_noting")


def close_note(view: str) -> None:
    st.session_state.pop(_open(view), None)


def _toggle(view: str, row: Row) -> None:
    st.session_state[_open(view)] = None if st.session_state.get(_open(view)) == row.id else row.id


def _open(view: str) -> str:
    return f"{view} noting"
