"""The benchmarks of the workspace, a line each; a click on one opens it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.services.benchmark.spec import spec_of
from core.store.records import BenchmarkRecord, RunStatus
from core.store.store import Store
from pages.ui.wording import count

VISIBLE, HEIGHT = 4, 180


def show_benchmarks(store: Store, records: Sequence[BenchmarkRecord], chosen: str) -> None:
    """Newest first."""
    datasets = {info.id: info.name for info in store.datasets.all()}
    lines = []
    for record in records:
        spec, runs = spec_of(record), store.runs.all(benchmark=record.id)
        times = f", {count(len(spec.seeds), 'seed')}" if len(spec.seeds) > 1 else ""
        lines.append(
            {
                "Benchmark": record.name,
                "Dataset": datasets.get(spec.dataset_id)
                or next((run.dataset_name for run in runs), "deleted"),
                "Models": f"{len(spec.lightweights)} × {len(spec.heavyweights)}{times}",
                "Finished": f"{sum(run.status is RunStatus.FINISHED for run in runs):,} of {count(len(runs), 'run')}",
                "Started": datetime.fromtimestamp(record.created, UTC),
            }
        )
    index, key = [record.id for record in records].index(chosen), "benchmarks_table_" + chosen
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        height="content" if len(lines) <= VISIBLE else HEIGHT,
        key=key,
        alt="Benchmarks, newest first",
        on_select=lambda: _choose(key, records),
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [index]}},
        column_config={
            "Benchmark": st.column_config.TextColumn(width="medium"),
            "Started": st.column_config.DatetimeColumn(
                format="D MMM, HH:mm", width=110, timezone=st.context.timezone or "UTC"
            ),
        },
    )


def _choose(key: str, records: Sequence[BenchmarkRecord]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        st.session_state["benchmark"] = records[rows[0]].id
