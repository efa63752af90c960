"""How several text columns become one text: a template that the user sees and may change."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.data.fields import ColumnMap
from core.data.importing.mapping import read_rows
from core.data.table import Table
from core.data.templates import check_template, default_template
from core.errors import DataError

TRIED = 50  # rows of the table, of which the first that can be used is shown
LONGEST = 1_000
LINE, LEAST, MOST = 21, 68, 200  # heights in pixels


def ask_template(table: Table, columns: ColumnMap, key: str) -> ColumnMap:
    """The columns with their template. One column needs none, unless it came with one. Raises DataError where
    a column has no place."""
    if len(columns.text) < 2 and not columns.template:
        return columns
    usual = columns.template or default_template(columns.text)
    name, last = f"template_{key}", f"template_before_{key}"
    # Until it is changed by hand it follows the choice of columns.
    if not st.session_state.get(name, "").strip() or st.session_state[name] == st.session_state.get(last):
        st.session_state[name] = usual
    st.session_state[last] = usual
    height = min(max(LEAST, 24 + LINE * (1 + usual.count("\n"))), MOST)
    left, right = st.columns(2, gap="medium")
    written = left.text_area(
        "Template of the text",
        key=name,
        height=height,
        help="A name of a column in braces stands for what the row has there; everything else stays as it is written. "
        "Empty it to start over.",
    )
    chosen = replace(columns, template="" if written == default_template(columns.text) else written)
    check_template(chosen)
    with right.container(gap="xsmall"):
        _first_text(table, chosen, height)
    return chosen


def _first_text(table: Table, columns: ColumnMap, height: int) -> None:
    """What comes of it, line by line, which a table cannot show."""
    try:
        dataset = read_rows(
            replace(table, rows=table.rows[:TRIED]), replace(columns, unlabelled=True), ""
        ).dataset
    except DataError:
        return  # said where the rows are read
    text = dataset.examples[0].text
    st.caption("The text of the first row")
    st.code(
        text if len(text) <= LONGEST else text[:LONGEST] + "…", language=None, height=height, wrap_lines=True
    )
