"""What was changed in a dataset: undo and redo with what they would do, and the history."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act
from pages.ui.dataset.history_table import history_table
from pages.ui.dataset.row_editor import fresh_editor
from pages.ui.dataset.versions import show_versions
from pages.ui.wording import escape_md, shortened

LONGEST = 200


def undo_redo(info: DatasetInfo) -> None:
    edits = shell.workspace().store.edits
    undone, redone = edits.upcoming(info.id)
    _button("Undo", ":material/undo:", undone, lambda: edits.undo(info.id))
    _button("Redo", ":material/redo:", redone, lambda: edits.redo(info.id))


def _button(label: str, icon: str, what: str, action: Callable[[], str | None]) -> None:
    def pressed() -> None:
        act(lambda: shell.say(shortened(action() or "There is nothing to do.", 300), icon))
        fresh_editor()

    locked = shell.workspace().read_only
    reason = (
        READ_ONLY
        if locked
        else f"{label}: {escape_md(shortened(what, 300))}"
        if what
        else f"Nothing to {label.lower()}."
    )
    st.button(label, key=label.lower(), icon=icon, on_click=pressed, disabled=locked or not what, help=reason)


def show_history(info: DatasetInfo) -> None:
    show_versions(info)
    st.subheader("Changes", anchor=False)
    entries = shell.workspace().store.edits.history(info.id, limit=LONGEST)
    if not entries:
        st.caption(
            "No row has been changed since the import. Every change will be listed here, and can be undone."
        )
        return
    st.caption(f"Newest first{f', the last {LONGEST:,} changes' if len(entries) == LONGEST else ''}")
    rows = shell.workspace().store.rows.some(info.id, [entry.example_id for entry in entries])
    history_table(entries, {identity: shortened(row.text, 200) for identity, row in rows.items()})
