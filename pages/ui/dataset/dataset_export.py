"""A dataset as a file to take away, in every format that can be imported again."""

from __future__ import annotations

import streamlit as st

from core.data.formats.registry import export_formats
from core.exports.dataset import export_dataset
from core.store.records import DatasetInfo
from pages.ui import shell


def offer_export(info: DatasetInfo) -> None:
    """The file is made when the button is pressed, in a thread of its own."""
    formats = export_formats()
    with st.popover("Export", icon=":material/download:", key="export"):
        name = st.selectbox(
            "Format", list(formats), format_func=lambda name: formats[name].title, key="export_format"
        )
        st.caption(
            "All rows, with labels, notes, marks and splits as they are now. Importing the file again gives the same rows."
        )
        store, chosen = shell.workspace().store, formats[name]
        st.download_button(
            f"Download {chosen.ending}",
            data=lambda: export_dataset(store.datasets.get(info.id), name),
            file_name=file_name(info.name, chosen.ending),
            mime=chosen.media_type,
            icon=":material/download:",
            key="download_rows",
            type="primary",
            on_click="ignore",
        )


def file_name(name: str, ending: str) -> str:
    """A safe file name: letters, digits, hyphens and underscores of the dataset's name."""
    safe = "".join(
        character if character.isalnum() or character in "-_" else "_" for character in name
    ).strip("_")
    return (safe[:80] or "dataset") + ending
