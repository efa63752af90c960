"""A dataset as a file to take away, in every format that can be imported again."""

from __future__ import annotations

import streamlit as st

from core.exports.dataset import FORMATS, export
from core.store.records import DatasetInfo
from pages.ui import shell

TITLES = {
    "csv": "CSV",
    "tsv": "TSV",
    "xlsx": "Excel",
    "jsonl": "JSON lines",
    "json": "JSON",
    "parquet": "Parquet",
    "promptfoo": "promptfoo tests",
    "openai_chat": "OpenAI chat",
    "openai_evals": "OpenAI Evals",
    "langsmith": "LangSmith",
    "label_studio": "Label Studio",
    "argilla": "Argilla",
}
TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".yaml": "application/yaml",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def offer_export(info: DatasetInfo) -> None:
    """The file is made when the button is pressed, in a thread of its own."""
    with st.popover("Export", icon=":material/download:", key="export"):
        chosen = st.selectbox("Format", list(TITLES), format_func=TITLES.get, key="export_format")
        st.caption(
            "All rows, with labels, notes, marks and splits as they are now. Importing the file again gives the same rows."
        )
        store, ending = shell.workspace().store, FORMATS[chosen]
        st.download_button(
            f"Download {ending}",
            data=lambda: export(store.datasets.get(info.id), chosen),
            file_name=file_name(info.name, ending),
            mime=TYPES[ending],
            icon=":material/download:",
            key="download_rows",
            type="primary",
            on_click="ignore",
        )


def file_name(name: str, ending: str) -> str:
    """A safe file name: letters, digits, hyphens and underscores of the dataset's name."""
    kept = "".join(
        character if character.isalnum() or character in "-_" else "_" for character in name
    ).strip("_")
    return (kept[:80] or "dataset") + ending
