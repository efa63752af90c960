"""The rows behind each finding of the report on rows to import, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from core.data.importing.report import Report
from core.types import Dataset, Example
from pages.ui.wording import shortened

MOST_LISTED = 100  # rows of a table; the counts tell how many there are
LONGEST = 300
SIDE_BY_SIDE = 4  # labels of one text
TALLEST = 10  # rows before the table scrolls


def contradictions(report: Report, dataset: Dataset) -> None:
    first = report.contradictions[:MOST_LISTED]
    labels = [Counter(label for _, label in each.rows).most_common() for each in first]
    widest = min(max(map(len, labels)), SIDE_BY_SIDE)
    columns = {"Text": [shortened(each.text, LONGEST) for each in first]}
    for index in range(widest):
        columns[f"Label {index + 1}"] = [
            _with_count(*pairs[index]) if index < len(pairs) else "" for pairs in labels
        ]
    if any(len(pairs) > widest for pairs in labels):
        columns["More"] = [", ".join(label for label, _ in pairs[widest:]) for pairs in labels]
    _table(columns, len(report.contradictions), "Texts with more than one label, side by side")


def repeats(report: Report, dataset: Dataset) -> None:
    rows = _by_id(dataset)
    ranked = sorted(report.repeats, key=len, reverse=True)[:MOST_LISTED]
    _table(
        {
            "Text": [shortened(rows[group[0]].text, LONGEST) for group in ranked],
            "Label": [rows[group[0]].label for group in ranked],
            "Rows": [len(group) for group in ranked],
        },
        len(report.repeats),
        "Texts that are there more than once",
    )


def near(report: Report, dataset: Dataset) -> None:
    rows = _by_id(dataset)
    members = [(number, rows[name]) for number, group in enumerate(report.near, 1) for name in group][
        :MOST_LISTED
    ]
    _table(
        {
            "Text": [shortened(row.text, LONGEST) for _, row in members],
            "Label": [row.label for _, row in members],
            "Group": [number for number, _ in members],
        },
        sum(map(len, report.near)),
        "Texts that are nearly the same, by groups",
    )


def rare_labels(report: Report, dataset: Dataset) -> None:
    _table(
        {"Label": [label for label, _ in report.rare], "Rows": [n for _, n in report.rare]},
        len(report.rare),
        "Labels with few rows",
    )


def long_texts(report: Report, dataset: Dataset) -> None:
    rows = [_by_id(dataset)[name] for name in report.long[:MOST_LISTED]]
    _table(
        {
            "Text": [shortened(row.text[: 2 * LONGEST], LONGEST) for row in rows],
            "Label": [row.label for row in rows],
            "Characters": [len(row.text) for row in rows],
        },
        len(report.long),
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
    if total > MOST_LISTED:
        st.caption(f"The first {MOST_LISTED} of {total:,}.")
