"""The rows to import as they will be stored: how many have which label, and the first of them."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from core.label_sets.sets import all_names, label_names
from core.types import Dataset, Example
from pages.ui.charts import FIGURE, label_counts_chart
from pages.ui.dataset.importing.draft import Incoming, Looked
from pages.ui.sides import narrow_and_wide
from pages.ui.wording import count

PREVIEWED = 4
WRAPPED, TALL = 80, 62  # characters from which rows are drawn taller, in pixels


def preview_rows(looked: Looked, incoming: Incoming, title: str) -> None:
    if incoming.scorer:
        _first_rows(looked.dataset, title, "Answer")
        return
    if incoming.small:
        _counts(looked.dataset, incoming.key)
        return
    left, right = narrow_and_wide()
    with left:
        _counts(looked.dataset, incoming.key)
    with right:
        _first_rows(looked.dataset, title)


def _counts(dataset: Dataset, key: str) -> None:
    if not dataset.labels.names:
        st.caption("No labels yet")
        return
    labels = [example.label for example in dataset.examples if not example.excluded]
    counts = Counter(all_names(labels) if dataset.labels.several else labels)
    more = "; a row may have several" if dataset.labels.several else ""
    st.caption(f"{count(len(dataset.labels.names), 'label')}, most frequent first{more}")
    chart = label_counts_chart(counts, dataset.labels, sum(map(bool, labels)))
    st.plotly_chart(chart, key=f"import_labels_{key}", config=FIGURE, alt="Rows per label in the file")


def _first_rows(dataset: Dataset, title: str, label: str = "Label") -> None:
    import pandas as pd

    first = dataset.examples[:PREVIEWED]
    if dataset.labels.several and (one := _with_several(dataset)) not in (None, *first):
        first, title = (*first[:-1], one), title + ", and one with several labels"
    st.caption(title)
    cells = {"Text": [_shortened_lines(row.text, 130) for row in first], label: [row.label for row in first]}
    if any(row.note for row in first):
        cells["Note"] = [row.note for row in first]
    tall = any(len(row.text) > WRAPPED for row in first)
    st.dataframe(
        pd.DataFrame(cells),
        hide_index=True,
        row_height=TALL if tall else None,
        alt=title,
        column_config={"Text": st.column_config.TextColumn(width=280)},
    )


def _with_several(dataset: Dataset) -> Example | None:
    return next((row for row in dataset.examples if len(label_names(row.label)) > 1), None)


def _shortened_lines(text: str, length: int = 500) -> str:
    """A long text cut, its line breaks kept: a cell of a megabyte is not sent to the browser."""
    return text if len(text) <= length else text[: length - 1] + "…"
