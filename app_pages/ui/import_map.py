"""What was found in a table: which column is what, how the rows will look, and the button that stores them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import streamlit as st

from app_pages.ui import shell
from app_pages.ui.address import turn_to
from app_pages.ui.charts import FIGURE, label_counts_chart
from app_pages.ui.words import count, escape_md, shortened
from core.data.mapping import ColumnMap, guess_columns, to_dataset
from core.data.reading import Table
from core.errors import DataError
from core.types import Dataset

ROLES = {
    "id": "Rows keep this id; without one it is made from the text.",
    "note": "Why the label is right: read by the heavyweight model.",
    "exclude": "Rows marked here stay out of runs.",
    "canonical": "Rows marked here must be right, and are shown to the heavyweight model every time.",
    "split": "train, validation or test; empty means: choose for me.",
}
PREVIEWED = 4
T = TypeVar("T")


def map_columns(table: Table, key: str, more: Callable[[], None] | None = None) -> ColumnMap:
    """The guess, for the user to correct. `more` draws further settings of the file."""
    problem = ""
    try:
        guess = guess_columns(table)
    except DataError as unclear:
        guess, problem = ColumnMap((), ""), str(unclear)
    if problem:
        st.warning(escape_md(problem), icon=":material/help:")
    columns = list(table.columns)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.multiselect(
            "Text", columns, default=list(guess.text), key=f"map_text_{key}", help="Several columns are joined, a line each.", width=360,
        )
        label = st.selectbox(
            "Label", columns, index=columns.index(guess.label) if guess.label else None, key=f"map_label_{key}", width=240,
            placeholder="Choose a column",
        )
        with st.popover("Other columns", icon=":material/view_column:"):
            chosen = {role: _role(role, columns, getattr(guess, role), key) for role in ROLES}
            if more:
                more()
    return ColumnMap(tuple(text), label or "", **chosen)


def _role(role: str, columns: list[str], guess: str, key: str) -> str:
    options = ["", *columns]
    return st.selectbox(
        role.capitalize(), options, index=options.index(guess), key=f"map_{role}_{key}", help=ROLES[role],
        format_func=lambda name: name or "none",
    )


def import_rows(table: Table, columns: ColumnMap, name: str, origin: str, key: str, small: bool = False) -> None:
    """Shows the rows as they would be stored, with every oddity in a sentence, and stores them. Raises DataError."""
    def make() -> tuple[Dataset, tuple[str, ...]]:
        return to_dataset(table, columns, name)

    dataset, notices = make() if small else remembered("dataset", (key, table.encoding, columns), make)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.text_input("Name", value=shortened(name, 80), key=f"name_{key}", max_chars=120, width=360)
        pressed = st.button(
            f"Import {count(len(dataset.examples), 'row')}", type="primary", icon=":material/download_done:", key=f"import_{key}",
        )
    if pressed:
        with st.spinner("Storing the rows…"):
            _store(dataset, chosen, origin)
    with st.container(gap="xsmall"):
        for notice in (*table.notices, *notices):
            st.caption(f":material/info: {escape_md(notice)}")
    if small:
        _counts(dataset, key)
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _counts(dataset, key)
    with right:
        _first_rows(dataset)


def _store(dataset: Dataset, name: str, origin: str) -> None:
    stored = shell.workspace().store.datasets.add(replace(dataset, name=name), origin)
    shell.show_dataset(stored)
    turn_to("data", "rows")
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1  # an empty uploader next time
    shell.say(f"Imported {count(len(dataset.examples), 'row')} in {count(len(dataset.labels.names), 'label')}.")
    st.rerun()


def _counts(dataset: Dataset, key: str) -> None:
    counts = Counter(example.label for example in dataset.examples if not example.excluded)
    st.caption(f"{count(len(dataset.labels.names), 'label')}, most frequent first")
    chart = label_counts_chart(counts, dataset.labels.names)
    st.plotly_chart(chart, key=f"import_labels_{key}", config=FIGURE, alt="Rows per label in the file")


def _first_rows(dataset: Dataset) -> None:
    import pandas as pd

    st.caption("The first rows, as they will be stored")
    shown = dataset.examples[:PREVIEWED]
    cells = {"Text": [shortened_lines(row.text) for row in shown], "Label": [row.label for row in shown]}
    if any(row.note for row in shown):
        cells["Note"] = [row.note for row in shown]
    tall = any("\n" in row.text for row in shown)
    st.dataframe(
        pd.DataFrame(cells), hide_index=True, row_height=62 if tall else None, alt="The first rows of the file as they will be stored",
        column_config={"Text": st.column_config.TextColumn(width="large")},
    )


def shortened_lines(text: str, length: int = 500) -> str:
    """A long text cut, its line breaks kept: a cell of a megabyte is not sent to the browser."""
    return text if len(text) <= length else text[: length - 1] + "…"


def remembered(what: str, key: object, make: Callable[[], T]) -> T:
    """The last result for this session, made again only when the key changes: a big file is not read at every touch."""
    kept = st.session_state.get("made " + what)
    if kept is None or kept[0] != key:
        kept = (key, make())
        st.session_state["made " + what] = kept
    return kept[1]
