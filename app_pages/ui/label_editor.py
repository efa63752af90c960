"""The label set: how often each label is used, what it means in words that go into the prompts, and new labels."""

from __future__ import annotations

import streamlit as st

from app_pages.ui import shell
from app_pages.ui.acting import READ_ONLY, act
from app_pages.ui.charts import FIGURE, label_counts_chart
from core.state.records import DatasetInfo, RowCounts


def edit_labels(info: DatasetInfo, counts: RowCounts) -> None:
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.caption("Rows per label, excluded ones left out")
        chart = label_counts_chart(counts.labels, info.labels.names)
        st.plotly_chart(chart, key="dataset_labels", config=FIGURE, alt="Rows per label")
    with right:
        st.caption("A definition goes into the starting prompt of the next run, as “label: definition”: what a newcomer would not guess.")
        _definitions(info, counts)
        _new_label(info)


def _definitions(info: DatasetInfo, counts: RowCounts) -> None:
    import pandas as pd

    names = info.labels.names
    table = pd.DataFrame({
        "label": pd.Series(names, dtype=object),
        "rows": pd.Series([counts.labels.get(name, 0) for name in names], dtype=int),
        "definition": pd.Series([info.labels.definitions.get(name, "") for name in names], dtype=object),
    }).set_axis(pd.Index(names, dtype=object), axis=0)
    st.data_editor(
        table, key=f"definitions_{info.id}", hide_index=True, height="content",
        disabled=True if shell.workspace().read_only else ["label", "rows"],
        on_change=_save_definitions, args=(info.id, names), alt="Labels with their definitions, to write in place",
        column_config={
            "label": st.column_config.TextColumn("Label", width=150), "rows": st.column_config.NumberColumn("Rows", width=60),
            "definition": st.column_config.TextColumn("Definition", width="large"),
        },
    )


def _save_definitions(dataset_id: str, names: tuple[str, ...]) -> None:
    """Only what was edited here is changed: definitions written meanwhile in another tab stay."""
    edited = st.session_state[f"definitions_{dataset_id}"]["edited_rows"]

    def save() -> None:
        datasets = shell.workspace().store.datasets
        definitions = dict(datasets.info(dataset_id).labels.definitions)
        written = {
            names[int(place)]: str(cells["definition"] or "")
            for place, cells in edited.items() if "definition" in cells and 0 <= int(place) < len(names)
        }
        if any(definitions.get(label, "") != text.strip() for label, text in written.items()):
            datasets.set_definitions(dataset_id, definitions | written)

    act(save)


def new_labels(info: DatasetInfo) -> list[str]:
    """Labels that were made in this session and that no row has yet."""
    return [label for label in st.session_state.get(f"new_labels_{info.id}", []) if label not in info.labels.names]


def _new_label(info: DatasetInfo) -> None:
    locked = shell.workspace().read_only
    with st.form("new_label_form", clear_on_submit=True, border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("New label", max_chars=100, width=260, key="new_label", disabled=locked)
        pressed = st.form_submit_button("Add", icon=":material/add:", disabled=locked, help=READ_ONLY if locked else None)
    if pressed and name.strip():
        made = st.session_state.setdefault(f"new_labels_{info.id}", [])
        made.append(name.strip())
        shell.say("The new label can be chosen in the rows; it stays once a row has it.", ":material/new_label:")
        st.rerun()
