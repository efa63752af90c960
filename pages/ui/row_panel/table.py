"""A table of rows, each of which opens in the panel: by a click anywhere on it, or by its first cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from pages.ui.row_panel.state import RowContext, changes_made, open_row, opened_row

OPEN = "open"  # the first column
NOTHING_SELECTED = {"selection": {"rows": [], "columns": [], "cells": []}}
FEW = 7  # rows up to which a table is as high as they are


@dataclass(frozen=True, slots=True)
class RowTable:
    """`ids` are those of the lines; `row_height` is in pixels."""

    dataset_id: str
    ids: tuple[str, ...]
    alt: str
    context: RowContext = field(default_factory=RowContext)
    row_height: int = 62


def show_row_table(rows: RowTable, lines: pd.DataFrame, columns: Mapping[str, object], key: str) -> None:
    """Streamlit puts the focus back on the first cell when the panel shuts, and reports that as a choice: so
    the first column is one of buttons, whose cells choose nothing. After a change it is another table: a reply
    of the browser that was on its way may still speak of what was chosen before."""
    key, changes = f"{key} {changes_made()}", changes_made()
    chosen = _cells(key)
    if opened_row() is None and chosen and chosen[0][1] != OPEN:  # a click on the same cell opens it again
        st.session_state[key] = NOTHING_SELECTED
    table = lines.copy()
    table.insert(0, OPEN, ":material/open_in_full:")
    few = len(rows.ids) < FEW
    st.dataframe(
        table,
        hide_index=True,
        row_height=rows.row_height,
        height="content" if few else (FEW * rows.row_height + 38),
        alt=rows.alt,
        key=key,
        on_select=lambda: changes == changes_made() and _clicked(rows, key),
        selection_mode="single-cell",
        column_config={OPEN: _button(rows, key), **columns},
    )


def _button(rows: RowTable, key: str) -> object:
    return st.column_config.ButtonColumn(
        "",
        type="tertiary",
        width=40,
        key=f"{key} {OPEN}",
        on_click=lambda: _open(rows, st.session_state[f"{key} {OPEN}"]["row"]),
        help="Opens the row beside the table.",
    )


def _clicked(rows: RowTable, key: str) -> None:
    cells = _cells(key)
    if cells and cells[0][1] != OPEN:
        _open(rows, cells[0][0])


def _cells(key: str) -> list[tuple[int, str]]:
    """The chosen cell, if one is."""
    return list(st.session_state[key]["selection"]["cells"]) if key in st.session_state else []


def _open(rows: RowTable, line: int) -> None:
    if line < len(rows.ids):
        open_row(rows.dataset_id, rows.ids[line], rows.ids, rows.context)
