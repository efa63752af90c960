"""What takes room in the workspace, and how long things are kept."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.services.storage.usage import StorageUsage, storage_usage, table_contents
from pages.ui import shell
from pages.ui.settings.kept_days import show_history_days, show_prediction_days
from pages.ui.settings.smaller import show_smaller
from pages.ui.wording import bytes_in_words


def show_storage() -> None:
    usage = storage_usage(shell.workspace())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Room on the disk: {bytes_in_words(usage.bytes)}**", width="content")
        show_smaller(usage)
    st.table(storage_table(usage), border="horizontal", alt="Room that each part of the workspace takes")
    tables = st.expander("The database, table by table", key="room_tables", on_change="rerun")
    if tables.open:
        tables.table(
            database_table(storage_usage(shell.workspace(), with_tables=True)),
            border="horizontal",
            alt="Room that each part of the database takes",
        )
    for show in (show_history_days, lambda: show_prediction_days("Served predictions are kept")):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            show()
    st.caption("Model replies, classified files and copies are kept until you delete them.")


def storage_table(usage: StorageUsage) -> pd.DataFrame:
    """Parts that take room."""
    parts = [part for part in usage.parts if part.bytes]
    return pd.DataFrame(
        {
            "Part": [part.name for part in parts],
            "Room": [bytes_in_words(part.bytes) for part in parts],
            "Number": [f"{part.count:,}" if part.count else "–" for part in parts],
            "What it is": [part.what for part in parts],
        }
    )


def database_table(usage: StorageUsage) -> pd.DataFrame:
    """Its tables, together where they hold one thing, the largest first, and what belongs to none."""
    room: dict[str, int] = {}
    for each in usage.tables:
        if each.rows and each.bytes is not None:
            what = table_contents(each.name)
            room[what] = room.get(what, 0) + each.bytes
    parts = sorted(room.items(), key=lambda part: -part[1])
    parts += [
        (what, bytes_)
        for what, bytes_ in (
            ("changes on their way into the file, until nobody has it open", usage.log_bytes),
            ("free", usage.free_bytes),
            ("empty tables, the list of all tables", usage.overhead_bytes),
        )
        if bytes_
    ]
    return pd.DataFrame(
        {"What it is": [what for what, _ in parts], "Room": [bytes_in_words(bytes_) for _, bytes_ in parts]}
    )
