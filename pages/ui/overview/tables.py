"""The tables of the overview: recent runs, and the datasets of the workspace. A press opens one."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from core.store.records import DatasetInfo, RunRecord
from pages.ui import shell
from pages.ui.dataset_status import STATUS
from pages.ui.overview.next_step import open_run

OPEN = "Open"
RECENT = 8


def recent_runs(runs: tuple[RunRecord, ...]) -> None:
    import pandas as pd

    recent = [run for run in runs if not run.benchmark][:RECENT]
    if not recent:
        return
    st.subheader("Recent runs", anchor=False)
    if any(run.benchmark for run in runs):
        st.caption("Those of benchmarks and migrations stand on Benchmark and Migration.")
    table = pd.DataFrame(
        {
            "Action": [OPEN] * len(recent),
            "Run": [run.name for run in recent],
            "Dataset": [run.dataset_name for run in recent],
            "Status": [STATUS[run.status][0] for run in recent],
            "Start, validation": [_percentage(run.baseline_share) for run in recent],
            "Best, validation": [_percentage(run.best_share) for run in recent],
            "Lightweight model": [run.settings.lightweight for run in recent],
            "Started": [datetime.fromtimestamp(run.created) for run in recent],
        }
    )

    def opened() -> None:
        run = recent[st.session_state["open_run"]["row"]]
        shell.show_dataset(run.dataset_id)
        open_run(run.id)

    alt = "Recent runs with their validation scores"
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        key="recent_runs",
        placeholder="–",
        alt=alt,
        column_config={
            "Start, validation": st.column_config.NumberColumn(
                format="%.1f %%",
                help="The starting prompt on validation rows: accuracy, or the mean score where answers are graded",
            ),
            "Best, validation": st.column_config.NumberColumn(
                format="%.1f %%",
                help="The best prompt on validation rows: accuracy, or the mean score where answers are graded",
            ),
            "Started": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
            "Action": st.column_config.ButtonColumn(
                "", type="tertiary", width=70, pinned=True, on_click=opened, key="open_run"
            ),
        },
    )


def other_datasets(datasets: list[DatasetInfo]) -> None:
    import pandas as pd

    st.subheader("Other datasets", anchor=False)
    table = pd.DataFrame(
        {
            "Action": [OPEN] * len(datasets),
            "Dataset": [info.name for info in datasets],
            "Rows": [info.rows for info in datasets],
            "Labels": [None if info.scorer else len(info.labels.names) for info in datasets],
            "Champion": ["adopted" if info.champion else "" for info in datasets],
        }
    )

    def opened() -> None:
        shell.show_dataset(datasets[st.session_state["open_dataset"]["row"]].id)

    st.dataframe(
        table,
        hide_index=True,
        height="content",
        key="other_datasets",
        placeholder="–",
        alt="The other datasets of the workspace",
        column_config={
            "Rows": st.column_config.NumberColumn(width="small", format="localized"),
            "Labels": st.column_config.NumberColumn(width="small"),
            "Action": st.column_config.ButtonColumn(
                "", type="tertiary", width=70, pinned=True, on_click=opened, key="open_dataset"
            ),
        },
    )


def _percentage(share: float | None) -> float | None:
    return None if share is None else 100 * share
