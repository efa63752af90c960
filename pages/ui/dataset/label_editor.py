"""The label set: how often each label is used, what it means in words that go into the prompts, and new
labels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from zlib import crc32

import streamlit as st

from core.errors import WhetstoneError
from core.store.records import DatasetInfo, RowCounts
from core.wording import listed
from pages.ui import shell
from pages.ui.actions import who
from pages.ui.charts import FIGURE, label_counts_chart
from pages.ui.dataset.codebook import draft_codebook
from pages.ui.dataset.label_actions import DEEDS, choose_deed, show_chosen_deed
from pages.ui.dataset.row_editor import as_given, fresh_editor
from pages.ui.dataset_status import scorer_in_words
from pages.ui.judges.good_label import choose_good
from pages.ui.sides import narrow_and_wide
from pages.ui.wording import escape_md

DEED, GIVEN = "label_click", "definitions given to the table"  # in the session


def edit_labels(info: DatasetInfo, counts: RowCounts) -> None:
    if info.scorer:
        st.info(
            f"Every row has an answer of its own here, scored by {escape_md(scorer_in_words(info.scorer))}: there are no labels.",
            icon=":material/label_off:",
        )
        return
    left, right = narrow_and_wide()
    with left:
        st.caption("Rows per label, excluded ones left out")
        chart = label_counts_chart(counts.labels, info.labels, sum(counts.splits.values()))
        st.plotly_chart(chart, key="dataset_labels", config=FIGURE, alt="Rows per label")
    with right:
        st.caption(
            "A definition goes into the starting prompt of the next run, as “label: definition”: what a newcomer would not guess."
        )
        _definitions(info, counts)
        if not shell.workspace().read_only:
            _new_label(info)
            choose_good(info)
    draft_codebook(info)
    show_chosen_deed(info)


def definitions_key(info: DatasetInfo) -> str:
    """What was typed belongs to a place in the table: with other labels there, or after an undo, it means
    nothing any more."""
    return f"definitions_{info.id}_{st.session_state.get('editor number', 0)}_{crc32(repr(info.labels.names).encode()):x}"


def _definitions(info: DatasetInfo, counts: RowCounts) -> None:
    import pandas as pd

    locked, names, present = shell.workspace().read_only, info.labels.names, info.labels.definitions
    given = as_given(
        GIVEN,
        partial(definitions_key, info),
        present,
        lambda before, edited: _cells(info, {**before, **_typed(info, edited)}),
        _cells(info, present),
    )
    table = pd.DataFrame(
        {
            "deed": pd.Series([list(DEEDS)] * len(names), dtype=object),
            "label": pd.Series(names, dtype=object),
            "rows": pd.Series([counts.labels.get(name, 0) for name in names], dtype=int),
            "definition": pd.Series(_cells(info, given), dtype=object),
        }
    ).set_axis(pd.Index(names, dtype=object), axis=0)
    st.session_state["labels seen"] = info
    key = definitions_key(info)
    st.data_editor(
        table.drop(columns="deed") if locked else table,
        key=key,
        hide_index=True,
        height="content" if len(names) < 15 else 560,
        disabled=True if locked else ["label", "rows", "deed"],
        on_change=_save_definitions,
        args=(key,),
        alt="Labels with their definitions, to write in place",
        column_config={
            "label": st.column_config.TextColumn("Label", width=130),
            "rows": st.column_config.NumberColumn("Rows", width=60),
            "definition": st.column_config.TextColumn("Definition", width=300),
            "deed": st.column_config.ButtonColumn(
                "", type="tertiary", width=50, key=DEED, on_click=choose_deed, args=(DEED, names)
            ),
        },
    )


def _save_definitions(key: str) -> None:
    """Only what was edited since the table was drawn is changed: definitions written meanwhile in another tab
    stay, and are refused to be overwritten."""
    info: DatasetInfo = st.session_state["labels seen"]
    if key != definitions_key(info):
        return
    written = _written(info, st.session_state[key]["edited_rows"])
    if not written:
        return
    labels = shell.workspace().store.labels
    try:
        labels.define(info.id, written, who(), seen_version=info.version)
    except WhetstoneError as problem:
        st.session_state["problem"] = str(problem)
        fresh_editor()


def _written(info: DatasetInfo, edited: Mapping[int, Mapping[str, object]]) -> dict[str, str]:
    """By label, what differs from the definitions as they are in `info`."""
    return {
        label: text
        for label, text in _typed(info, edited).items()
        if text != info.labels.definitions.get(label, "")
    }


def _typed(info: DatasetInfo, edited: Mapping[int, Mapping[str, object]]) -> dict[str, str]:
    """By label, what is typed in the table now."""
    names = info.labels.names
    return {
        names[int(index)]: str(cells["definition"] or "").strip()
        for index, cells in edited.items()
        if "definition" in cells and 0 <= int(index) < len(names)
    }


def _cells(info: DatasetInfo, definitions: Mapping[str, str]) -> list[str]:
    return [definitions.get(name, "") for name in info.labels.names]


def new_labels(info: DatasetInfo) -> list[str]:
    """Labels that were made in this session and that no row has yet."""
    return [
        label for label in st.session_state.get(f"new_labels_{info.id}", []) if label not in info.labels.names
    ]


def _new_label(info: DatasetInfo) -> None:
    with (
        st.form("new_label_form", clear_on_submit=True, border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.text_input("New label", max_chars=100, width=260, key="new_label")
        pressed = st.form_submit_button("Add", icon=":material/add:")
    if pressed and name.strip():
        made = st.session_state.setdefault(f"new_labels_{info.id}", [])
        if name.strip() not in made:
            made.append(name.strip())
    if without_rows := new_labels(info):
        st.caption(
            f":material/new_label: Without rows yet: {escape_md(listed(without_rows))}. They can be chosen for rows under "
            "Rows, and stay once a row has them."
        )
