"""A label column that may be none: said before the rows are stored, and numbers put into bins by choice."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.data.bins import Bins, read_bins
from core.data.fields import ColumnMap
from core.data.importing.column_content import column_cells
from core.data.importing.label_shape import ColumnKind, LabelDoubt, label_doubt
from pages.ui.dataset.importing.draft import Incoming, remembered
from pages.ui.wording import escape_md

OWN = "own"
WAYS = {"3": "3 bins", "5": "5 bins", OWN: "Edges of your own", "none": "As they are"}
EDGES = "From each edge on a new bin begins: 50, 80 makes “under 50”, “50 to under 80” and “80 or more”."


def choose_bins(incoming: Incoming) -> ColumnMap | None:
    """The columns, with the bins that are chosen where the label is a column of numbers; None while they are still to be
    chosen. UsageError for edges that cannot be read."""
    columns, table = incoming.columns, incoming.table
    if not columns.label:
        return columns
    doubt = remembered(
        "numbers",
        (table, columns.label),
        lambda: label_doubt([cell.strip() for cell in column_cells(table, columns.label)], columns.label),
    )
    if doubt is None or doubt.kind is not ColumnKind.NUMBERS:
        return columns
    bins = _ask_bins(doubt, f"{incoming.key}_{columns.label}")
    if bins is None:
        _warn(doubt)
    return None if bins is None and doubt.refused else replace(columns, bins=bins)


def _ask_bins(doubt: LabelDoubt, key: str) -> Bins | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.segmented_control(
            "Numbers as labels",
            list(WAYS),
            format_func=WAYS.get,
            key=f"bins_{key}",
            persist_state="session",
            help="Bins have about as many rows each.",
        )
        if chosen != OWN:
            return read_bins(chosen) if chosen else None
        edges = st.text_input(
            "Edges", placeholder="50, 80", key=f"edges_{key}", persist_state="session", width=240, help=EDGES
        )
    if not edges.strip():
        return None
    return _own_bins(edges)


def _own_bins(edges: str) -> Bins:
    """A single number is an edge here. UsageError."""
    return read_bins(edges if "," in edges else f"{edges},")


def show_doubt(doubt: LabelDoubt | None) -> None:
    """Of rows that were read; what is to be said of numbers stands where bins are chosen."""
    if doubt and doubt.kind is not ColumnKind.NUMBERS:
        _warn(doubt)


def _warn(doubt: LabelDoubt) -> None:
    st.warning(escape_md(doubt.sentence), icon=":material/help:")
