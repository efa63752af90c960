"""The rows behind each finding of the report on rows to import, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from core.data.importing.report import Report
from core.types import Dataset, Example
from pages.ui.words import shortened

SHOWN = 100  # rows of a table; the counts tell how many there are
LONGEST = 300
SIDE_BY_SIDE = 4  # labels of one text
TALLEST = 10  # rows before the table scrolls


def contradictions(found: Report, dataset: Dataset) -> None:
    first = found.contradictions[:SHOWN]
    labels = [Counter(label for _, label in each.rows).most_common() for each in first]
    widest = min(max(map(len, labels)), SIDE_BY_SIDE)
    columns = {"Text": [shortened(each.text, LONGEST) for each in first]}
    for place in range(widest):
        columns[f"Label {place + 1}"] = [
            _with_count(*pairs[place]) if place < len(pairs) else "" for pairs in labels
        ]
    if any(len(pairs) > widest for pairs in labels):
        columns["More"] = [", ".join(label for label, _ in pairs[widest:]) for pairs in labels]
    _table(columns, len(found.contradictions), "Texts with more than one label, side by side")


def repeats(found: Report, dataset: Dataset) -> None:
    rows = _by_id(dataset)
    ranked = sorted(found.repeats, key=len, reverse=True)[:SHOWN]
    _table(
        {
            "Text": [shortened(rows[group[0]].text, LONGEST) for group in ranked],
            "Label": [rows[group[0]].label for group in ranked],
            "Rows": [len(group) for group in ranked],
        },
        len(found.repeats),
        "Texts that are there more than once",
    )


def near(found: Report, dataset: Dataset) -> None:
    rows = _by_id(dataset)
    members = [(number, rows[name]) for number, group in enumerate(found.near, 1) for name in group][:SHOWN]
    _table(
        {
            "Text": [shortened(row.text, LONGEST) for _, row in members],
            "Label": [row.label for _, row in members],
            "Group": [number for number, _ in members],
        },
        sum(map(len, found.near)),
        "Texts that are nearly the same, by groups",
    )


def rare_labels(found: Report, dataset: Dataset) -> None:
    _table(
        {"Label": [label for label, _ in found.rare], "Rows": [n for _, n in found.rare]},
        len(found.rare),
        "Labels with few rows",
    )


def long_texts(found: Report, dataset: Dataset) -> None:
    rows = [_by_id(dataset)[name] for name in found.long[:SHOWN]]
    _table(
        {
            "Text": [shortened(row.text[: 2 * LONGEST], LONGEST) for row in rows],
            "Label": [row.label for row in rows],
            "Characters": [len(row.text) for row in rows],
        },
        len(found.long),
        "Texts that are far longer than the others",
    )


def _by_id(dataset: Dataset) -> Mapping[str, Example]:
    return {row.id: row for row in dataset.examples}


def _with_count(label: str, n: int) -> str:
    return label if n == 1 else f"{label} ({n:,} rows)"


def _table(columns: Mapping[str, Sequence], total: int, alt: str) -> None:
    import pandas as pd

    height = "content" if len(next(iter(columns.values()))) <= TALLEST else 388
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height=height,
        alt=alt,
        column_config={"Text": st.column_config.TextColumn(width=240)}
        | {
            name: st.column_config.NumberColumn(format="localized", width=80)
            for name in ("Rows", "Characters", "Group")
        },
    )
    if total > SHOWN:
        st.caption(f"The first {SHOWN} of {total:,}.")
