"""The benchmarks of the workspace, a line each; a click on one opens it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.services.benchmark.spec import kind_of, spec_of
from core.store.records import BenchmarkRecord, DatasetInfo, RunStatus
from core.store.store import Store
from pages.ui import shell
from pages.ui.address import turn_to
from pages.ui.wording import count

VISIBLE, HEIGHT = 4, 180


def by_dataset(
    records: Sequence[BenchmarkRecord], chosen: DatasetInfo | None
) -> tuple[list[BenchmarkRecord], list[BenchmarkRecord]]:
    """Those to show with the chosen dataset, its own before those whose dataset is gone; and those of other datasets,
    which is chosen with one of them."""
    known = {info.id for info in shell.workspace().store.datasets.all()}
    of = {record.id: kind_of(record).dataset_id for record in records}
    own = [record for record in records if chosen and of[record.id] == chosen.id]
    gone = [record for record in records if of[record.id] not in known]
    return own + gone, [record for record in records if record not in own and record not in gone]


def show_benchmarks(store: Store, records: Sequence[BenchmarkRecord], chosen: str = "") -> None:
    """In this order."""
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
    key = "benchmarks_table_" + chosen
    rows = [place for place, record in enumerate(records) if record.id == chosen]
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        height="content" if len(lines) <= VISIBLE else HEIGHT,
        key=key,
        alt="Benchmarks, those of the chosen dataset first",
        on_select=lambda: _choose(key, records, datasets),
        selection_mode="single-row-required" if rows else "single-row",
        selection_default={"selection": {"rows": rows}},
        column_config={
            "Benchmark": st.column_config.TextColumn(width="medium"),
            "Started": st.column_config.DatetimeColumn(
                format="D MMM, HH:mm", width=110, timezone=st.context.timezone or "UTC"
            ),
        },
    )


def _choose(key: str, records: Sequence[BenchmarkRecord], datasets: Collection[str]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        turn_to("benchmark", records[rows[0]].id)
        if (of := kind_of(records[rows[0]]).dataset_id) in datasets:
            shell.show_dataset(of)
