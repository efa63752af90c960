"""Dataset: bring labelled text, and correct it in place."""

from dataclasses import replace

import streamlit as st

from core.services.storage.clean import clean_history_when_due
from pages.ui import shell
from pages.ui.actions import show_outcome
from pages.ui.address import addressed
from pages.ui.dataset.dataset_menu import dataset_menu, offer_export
from pages.ui.dataset.importing.bring import bring_data
from pages.ui.dataset.label_editor import edit_labels, new_labels
from pages.ui.dataset.row_bulk import offer_bulk
from pages.ui.dataset.row_editor import edit_rows
from pages.ui.dataset.row_filters import (
    choose_counted,
    choose_filters,
    counted_rows,
    show_found,
    turn_pages,
)
from pages.ui.dataset.row_history import show_history, undo_redo
from pages.ui.dataset.text_template import offer_template
from pages.ui.dataset_status import splits_in_words
from pages.ui.navigation import go
from pages.ui.wording import count, escape_md

VIEWS = {"rows": "Rows", "labels": "Labels", "history": "History", "import": "Import data"}

show_outcome()
store = shell.workspace().store
info = shell.dataset()

if info is None:
    st.title("Bring labelled text", anchor=False)
    bring_data()
    st.stop()

views = VIEWS | ({"labels": "Scoring"} if info.scorer else {})
addressed("data", list(VIEWS), "rows")
st.title(
    "Bring labelled text" if st.session_state["data"] == "import" else escape_md(info.name), anchor=False
)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    view = st.segmented_control(
        "View", list(VIEWS), key="data", format_func=views.get, required=True, label_visibility="collapsed"
    )
    if view != "import":
        with st.container(horizontal=True, width="content"):
            if not store.runs.all(info.id) and st.button(
                "Set up a run", type="primary", icon=":material/play_circle:", key="dataset_to_run"
            ):
                go("new run")
            undo_redo(info)
            if info.template:
                offer_template(info.template)
            offer_export(info)
            dataset_menu(info)

with shell.sentences():
    if shell.just_came():
        clean_history_when_due(shell.workspace())
with shell.sentences():
    counts = counted_rows(info)
    if view == "rows":
        counted = st.container()
        filters = choose_filters(info)
        total = store.rows.page(info.id, replace(filters.query(), size=1)).total
        with counted:
            choose_counted(counts, filters)
        saved = "" if shell.workspace().read_only else " · edits are saved at once"
        whole = f"{count(counts.total, 'row')} · {splits_in_words(counts)}{saved}"
        show_found(filters, total, whole)
        table = st.container()
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            query = turn_pages(filters, total)
            offer_bulk(info, query, total, filters.active)
        with table:
            page = store.rows.page(info.id, query)
            if page.rows:
                edit_rows(info, page, new_labels(info))
            else:
                st.info("No row matches these filters.", icon=":material/filter_alt_off:")
    elif view == "labels":
        edit_labels(info, counts)
    elif view == "history":
        show_history(info)
    else:
        st.caption("For a new dataset, or for one that is here: you choose below, before anything is stored.")
        bring_data()
