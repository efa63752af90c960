"""The runs of a dataset, a line each; a click on one opens it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from app_pages.ui.run_head import STATUS
from app_pages.ui.words import duration
from core.state.records import RunRecord

VISIBLE, HEIGHT = 5, 215  # lines before the list scrolls, and its pixels then: half a line tells that there is more


def show_runs(records: Sequence[RunRecord], chosen: str) -> None:
    """A line per run, newest first; a click on one chooses it."""
    table = pd.DataFrame({
        "Run": [record.name for record in records],
        "Status": [STATUS[record.status][0] for record in records],
        "Baseline": [_points(record.baseline_accuracy) for record in records],
        "Best": [_points(record.best_accuracy) for record in records],
        "Gain": [_gain(record) for record in records],
        "Steps": [max(record.steps - 1, 0) for record in records],
        "Took": [duration(record.seconds) for record in records],
        "Started": [datetime.fromtimestamp(record.started or record.created, UTC) for record in records],
        "Models": [record.settings.lightweight + " + " + record.settings.heavyweight for record in records],
    })
    share = st.column_config.NumberColumn(format="%.1f %%", width="small", help="Accuracy on the validation rows")
    place = [record.id for record in records].index(chosen)
    key = "runs_table_" + chosen
    st.dataframe(
        table, hide_index=True, height="content" if len(table) <= VISIBLE else HEIGHT, alt="Runs of this dataset, newest first", key=key,
        on_select=lambda: _choose(key, records), selection_mode="single-row-required", selection_default={"selection": {"rows": [place]}},
        column_config={
            "Run": st.column_config.TextColumn(width="medium"), "Status": st.column_config.TextColumn(width="small"),
            "Baseline": share, "Best": share,
            "Gain": st.column_config.NumberColumn("Gain, points", format="%+.1f", width="small"),
            "Steps": st.column_config.NumberColumn(width="small"), "Took": st.column_config.TextColumn(width="small", alignment="right"),
            "Started": st.column_config.DatetimeColumn(format="D MMM, HH:mm", width=110, timezone=st.context.timezone or "UTC"),
        },
    )


def _choose(key: str, records: Sequence[RunRecord]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        st.session_state["run"] = records[rows[0]].id


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _gain(record: RunRecord) -> float | None:
    known = record.baseline_accuracy is not None and record.best_accuracy is not None
    return 100 * (record.best_accuracy - record.baseline_accuracy) if known else None
