"""What becomes of rows with several labels, and of rows without one: asked where a file has such rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.data.fields import ColumnMap
from core.data.importing.usable_rows import NO_LABEL, SEVERAL, usable_rows
from core.data.table import Table
from pages.ui.dataset.importing.draft import remembered
from pages.ui.wording import count

WAYS = {"leave_out": "left out", "keep": "all labels", "first": "the first label", "split": "a row for each"}
MANY = 0.1  # of the rows: so many with several labels are meant


def chosen_ways(table: Table, columns: ColumnMap, key: str) -> ColumnMap:
    """The columns with what was chosen below, before it is drawn. Without a column for the label it is asked at
    once whether there is none. Where many rows have several labels, all are kept unless it is chosen otherwise."""
    if not columns.label:
        unlabelled = _ask_unlabelled("The rows have no labels yet: label them on Review", key)
    else:
        unlabelled = st.session_state.get(f"unlabelled_{key}", False)
    columns = replace(columns, unlabelled=unlabelled)
    usual = "keep" if rows_with_several(table, columns) >= MANY * len(table.rows) else "leave_out"
    return replace(columns, several=st.session_state.get(_key_of_several(columns, key), usual))


def rows_with_several(table: Table, columns: ColumnMap) -> int:
    """How many rows have several labels, whatever becomes of them; 0 without columns for text and label."""
    if not columns.label or not columns.text:
        return 0
    columns = replace(columns, several="leave_out", bins=None)  # which say nothing of labels
    return remembered("several", (table, columns), lambda: usable_rows(table, columns, [])[1].get(SEVERAL, 0))


def _key_of_several(columns: ColumnMap, key: str) -> str:
    return f"several_{key}_{columns.label}"


def ask_ways(table: Table, columns: ColumnMap, left_out: Mapping[str, int], key: str) -> None:
    """Drawn above the rows once they are read; what is chosen holds from the next drawing on."""
    several = 0 if columns.answers else rows_with_several(table, columns)
    without = left_out.get(NO_LABEL, 0)
    if several:
        st.segmented_control(
            f"{count(several, 'row')} with several labels",
            list(WAYS),
            format_func=WAYS.get,
            key=_key_of_several(columns, key),
            default=columns.several,
            required=True,
            persist_state="session",
        )
    if columns.label and (without or columns.unlabelled):
        rows = count(without, "row") if without else "rows"
        scored = "without an answer, to be written in the table of the dataset"
        way = scored if columns.answers else "without a label, to be labelled on Review"
        _ask_unlabelled(f"Keep {rows} {way}", key)


def _ask_unlabelled(words: str, key: str) -> bool:
    return st.checkbox(words, key=f"unlabelled_{key}", persist_state="session")
