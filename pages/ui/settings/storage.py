"""What takes room in the workspace, and how long things are kept."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.services.storage.cleaning import keep_history_for
from core.services.storage.usage import StorageUsage, storage_usage
from core.store.rows.old_changes import UNDOABLE
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act
from pages.ui.wording import count, size

DAYS = "history_days"  # key of a widget


def show_storage() -> None:
    usage = storage_usage(shell.workspace())
    st.markdown(f"**Room on the disk: {size(usage.bytes)}**")
    st.dataframe(
        storage_table(usage),
        hide_index=True,
        height="content",
        placeholder="–",
        alt="Room that each part of the workspace takes",
        column_config={
            "Part": st.column_config.TextColumn(width=90),
            "Room": st.column_config.TextColumn(width=90),
            "Number": st.column_config.NumberColumn(width=80, format="localized"),
            "What it is": st.column_config.TextColumn(width=520),
        },
    )
    st.caption("Table by table, and to make it smaller: `python -m core workspace`.")
    predictions, history = (
        part.days() for part in (shell.workspace().store.retention, shell.workspace().store.old_changes)
    )
    st.caption(f"Served predictions are kept {_kept(predictions)}: set on Feedback, under *Predictions*.")
    locked = shell.workspace().read_only
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(f"The history of changes is kept {_kept(history)}.", width="content")
        with st.popover(
            "Change", type="tertiary", key="history_keep", disabled=locked, help=READ_ONLY if locked else None
        ):
            _choose_days(history)


def storage_table(usage: StorageUsage) -> pd.DataFrame:
    """Parts that take room."""
    parts = [part for part in usage.parts if part.bytes]
    return pd.DataFrame(
        {
            "Part": [part.name for part in parts],
            "Room": [size(part.bytes) for part in parts],
            "Number": pd.Series([part.count for part in parts], dtype="Int64"),
            "What it is": [part.what for part in parts],
        }
    )


def _kept(days: int | None) -> str:
    return "for ever" if days is None else f"for {count(days, 'day')}"


def _choose_days(days: int | None) -> None:
    if DAYS not in st.session_state:
        st.session_state[DAYS] = days
    wanted = st.number_input(
        "Keep the history for so many days",
        1,
        36_500,
        key=DAYS,
        value=None,
        step=1,
        placeholder="for ever",
        help="In this workspace, whatever the dataset. Empty: for ever.",
    )
    if wanted is not None:
        older = shell.workspace().store.old_changes.older_than(int(wanted)).sets
        st.caption(
            f"{count(older, 'change')} older than that will be written to a file in the folder *removed* and deleted at once."
            if older
            else "Nothing is older than that yet."
        )
    st.caption(
        f"Rows stay as they are. The last {UNDOABLE} changes of a dataset can always be undone, and what a named version "
        "needs stays."
    )
    st.button(
        "Save and delete" if wanted is not None else "Save",
        key="history_save",
        type="primary",
        on_click=act,
        args=(_save,),
    )


def _save() -> None:
    wanted = st.session_state.get(DAYS)
    gone = keep_history_for(shell.workspace(), None if wanted is None else int(wanted))
    shell.say(
        f"{count(gone.count, 'change')} deleted, kept in {gone.file}." if gone and gone.count else "Saved."
    )
