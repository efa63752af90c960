"""A star and a note for the opened run: what makes it findable among many."""

from __future__ import annotations

import streamlit as st

from core.store.records import RunRecord
from pages.ui.actions import act
from pages.ui.shell import workspace
from pages.ui.wording import escape_md

LONGEST_NOTE = 500


def show_star(record: RunRecord) -> None:
    store = workspace().store
    st.button(
        "★ Starred" if record.starred else "☆ Star",
        type="tertiary",
        key="star",
        help="Take the star away" if record.starred else "Find this run again: a star stands before its name",
        on_click=act,
        args=(lambda: store.runs.describe(record.id, starred=not record.starred),),
    )


def edit_note(record: RunRecord) -> None:
    store, field = workspace().store, "note_of_" + record.id
    with (
        st.popover("Note", icon=":material/edit_note:", type="tertiary", key="note_menu"),
        st.form("note", border=False),
    ):
        st.text_area(
            "Note",
            record.note,
            key=field,
            max_chars=LONGEST_NOTE,
            placeholder="What this run was for, what came of it",
        )
        st.form_submit_button(
            "Keep the note",
            on_click=act,
            args=(
                lambda: store.runs.describe(record.id, note=st.session_state[field]),
                "The note is kept.",
            ),
        )


def show_note(record: RunRecord) -> None:
    if record.note:
        st.caption(":material/edit_note: " + escape_md(record.note))
