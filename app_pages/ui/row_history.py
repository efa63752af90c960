"""What was changed in a dataset: undo and redo with what they would do, and the history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from app_pages.ui import shell
from app_pages.ui.acting import READ_ONLY, act
from app_pages.ui.row_editor import fresh_editor
from app_pages.ui.words import escape_md
from core.state.records import DatasetInfo

LONGEST = 200
WORDS = {"label": "label", "note": "note", "excluded": "exclude", "canonical": "canonical"}


def undo_redo(info: DatasetInfo) -> None:
    rows = shell.workspace().store.rows
    undone, redone = rows.upcoming(info.id)
    _button("Undo", ":material/undo:", undone, lambda: rows.undo(info.id))
    _button("Redo", ":material/redo:", redone, lambda: rows.redo(info.id))


def _button(label: str, icon: str, what: str, action: Callable[[], str | None]) -> None:
    def pressed() -> None:
        act(lambda: shell.say(action() or "There is nothing to do.", icon))
        fresh_editor()

    locked = shell.workspace().read_only
    reason = READ_ONLY if locked else f"{label}: {escape_md(what)}" if what else f"Nothing to {label.lower()}."
    st.button(label, key=label.lower(), icon=icon, on_click=pressed, disabled=locked or not what, help=reason)


def show_history(info: DatasetInfo) -> None:
    import pandas as pd

    entries = shell.workspace().store.rows.history(info.id, limit=LONGEST)
    if not entries:
        st.caption("No row has been changed since the import. Every change will be listed here, and can be undone.")
        return
    st.caption(f"Newest first{f', the last {LONGEST:,} changes' if len(entries) == LONGEST else ''}")
    st.dataframe(
        pd.DataFrame({
            "When": [datetime.fromtimestamp(entry.when) for entry in entries],
            "Row": [entry.example_id for entry in entries],
            "What": [WORDS[entry.field] for entry in entries],
            "From": [_value(entry.before) for entry in entries],
            "To": [_value(entry.after) for entry in entries],
            "": ["undone" if entry.undone else "" for entry in entries],
        }),
        hide_index=True, alt="Changes of rows, newest first",
        column_config={
            "When": st.column_config.DatetimeColumn(format="D MMM, HH:mm:ss", width=130), "Row": st.column_config.TextColumn(width=110),
            "What": st.column_config.TextColumn(width=90), "": st.column_config.TextColumn(width=80),
        },
    )


def _value(value: str | bool) -> str:
    return value if isinstance(value, str) else "yes" if value else "no"
