"""Figures of a step where rows have several labels: over all labels, and label by label."""

from __future__ import annotations

import streamlit as st

from core.label_sets.figures import SetFigures
from pages.ui.wording import percent


def show_label_sets(figures: SetFigures | None) -> None:
    """Nothing where no row was scored."""
    if figures is None:
        return
    right = round(figures.exact * figures.n)
    with st.container(horizontal=True, key="label_sets"):
        st.metric("All labels right", f"{right:,} of {figures.n:,}", width="content")
        st.metric("Macro-F1", percent(figures.macro_f1), help="The mean F1 over the labels.", width="content")
        st.metric(
            "Micro-F1", percent(figures.micro_f1), help="F1 over all labels of all rows.", width="content"
        )
    _by_label(figures)


def _by_label(figures: SetFigures) -> None:
    import pandas as pd

    rows = figures.per_label
    shares = {
        "Precision": [row.precision for row in rows],
        "Recall": [row.recall for row in rows],
        "F1": [row.f1 for row in rows],
    }
    labels = {"Label": [row.label for row in rows], "Rows": [row.support for row in rows]}
    percents = {name: [percent(value, 0) for value in values] for name, values in shares.items()}
    st.dataframe(
        pd.DataFrame(labels | percents),
        hide_index=True,
        height="content" if len(rows) <= 12 else 420,
        alt="Precision, recall and F1 of each label",
    )
