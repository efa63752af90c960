"""What can be done with a dataset as a whole: rename, delete, export."""

from __future__ import annotations

import streamlit as st

from core.data.formats.registry import export_formats
from core.exports.dataset import export_dataset
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act
from pages.ui.wording import count, escape_md

RENAME, DELETE = "Rename…", "Delete…"


def dataset_menu(info: DatasetInfo) -> None:
    locked = shell.workspace().read_only
    chosen = st.menu_button(
        "More",
        [RENAME, DELETE],
        key="dataset_more",
        icon=":material/more_horiz:",
        disabled=locked,
        help=READ_ONLY if locked else None,
    )
    if chosen == RENAME:
        rename(info)
    elif chosen == DELETE:
        delete(info)


@st.dialog("Rename the dataset")
def rename(info: DatasetInfo) -> None:
    key = f"rename_{info.id}"

    def now() -> None:
        act(
            lambda: shell.say(
                f"Renamed to “{shell.workspace().store.datasets.rename(info.id, st.session_state[key])}”."
            )
        )
        st.rerun()

    st.text_input("Name", value=info.name, key=key, max_chars=120)
    st.button("Rename", type="primary", key="rename_now", on_click=now)


@st.dialog("Delete the dataset")
def delete(info: DatasetInfo) -> None:
    def now() -> None:
        act(lambda: shell.workspace().store.datasets.delete(info.id), f"Deleted “{info.name}”.")
        st.rerun()

    runs = len(shell.workspace().store.runs.all(info.id))
    rows = count(info.rows, "row")
    st.markdown(
        f"“{escape_md(info.name)}” with {rows}, its history and its champion will be gone. This cannot be undone."
    )
    if runs:
        dependants = (
            "Its run is kept with its rows: no page shows it any more, but the command line does"
            if runs == 1
            else f"Its {runs:,} runs are kept with their rows: no page shows them any more, but the command line does"
        )
        st.caption(f"{dependants} (`python -m core runs`).")
    st.button("Delete", type="primary", icon=":material/delete:", key="delete_now", on_click=now)


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
