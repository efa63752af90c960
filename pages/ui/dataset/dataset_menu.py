"""What can be done with a dataset as a whole: rename, delete."""

from __future__ import annotations

import streamlit as st

from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.acting import READ_ONLY, act
from pages.ui.words import count, escape_md

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
            "Its run stays, with the rows it was"
            if runs == 1
            else f"Its {runs:,} runs stay, with the rows they were"
        )
        st.caption(f"{dependants} started on.")
    st.button("Delete", type="primary", icon=":material/delete:", key="delete_now", on_click=now)
