"""What takes room in the workspace, and how long things are kept."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.services.storage.clean import keep_history_for
from core.services.storage.usage import StorageUsage, storage_usage
from core.store.rows.old_changes import UNDOABLE
from pages.ui import shell
from pages.ui.settings.retention_form import RetentionForm, days_in_words, show_retention_form
from pages.ui.wording import count, size


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
    predictions = shell.workspace().store.retention.days()
    st.caption(
        f"Served predictions are kept {days_in_words(predictions)}: set on Feedback, under *Predictions*."
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        show_retention_form(
            RetentionForm(
                "history",
                shell.workspace().store.old_changes.days(),
                "The history of changes is kept",
                "Keep the history for so many days",
                _will_go,
                f"Rows stay as they are. The last {UNDOABLE} changes of a dataset can always be undone, and what a named "
                "version needs stays.",
                _keep,
            )
        )


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


def _will_go(days: int) -> str:
    older = shell.workspace().store.old_changes.older_than(days).sets
    if not older:
        return "Nothing is older than that yet."
    return f"{count(older, 'change')} older than that will be written to a file in the folder *removed* and deleted at once."


def _keep(days: int | None) -> str:
    gone = keep_history_for(shell.workspace(), days)
    return f"{count(gone.count, 'change')} deleted, kept in {gone.file}." if gone and gone.count else "Saved."
