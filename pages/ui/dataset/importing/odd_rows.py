"""What becomes of rows with several labels, and of rows without one: asked where a file has such rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.data.fields import ColumnMap
from core.data.importing.usable_rows import NO_LABEL, SEVERAL
from pages.ui.wording import count

WAYS = {"leave_out": "left out", "keep": "all labels", "first": "the first label", "split": "a row for each"}


def chosen_ways(columns: ColumnMap, key: str) -> ColumnMap:
    """The columns with what was chosen below, before it is drawn. Without a column for the label it is asked at
    once whether there is none."""
    if not columns.label:
        unlabelled = _ask_unlabelled("The rows have no labels yet: label them on Review", key)
    else:
        unlabelled = st.session_state.get(f"unlabelled_{key}", False)
    return replace(
        columns, several=st.session_state.get(f"several_{key}", "leave_out"), unlabelled=unlabelled
    )


def ask_ways(columns: ColumnMap, left_out: Mapping[str, int], key: str) -> None:
    """Drawn above the rows once they are read; what is chosen holds from the next drawing on."""
    several, without = left_out.get(SEVERAL, 0), left_out.get(NO_LABEL, 0)
    if several or columns.several != "leave_out":
        st.segmented_control(
            f"{count(several, 'row')} with several labels" if several else "Rows with several labels",
            list(WAYS),
            format_func=WAYS.get,
            key=f"several_{key}",
            default="leave_out",
            required=True,
            persist_state="session",
        )
    if columns.label and (without or columns.unlabelled):
        rows = count(without, "row") if without else "rows"
        _ask_unlabelled(f"Keep {rows} without a label, to label them on Review", key)


def _ask_unlabelled(words: str, key: str) -> bool:
    return st.checkbox(words, key=f"unlabelled_{key}", persist_state="session")
