"""Which runs are offered: by status, model, star; benchmark runs only when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.store.records import RunRecord
from pages.ui.runs.head import STATUS
from pages.ui.wording import count

KEYS = ("runs_status", "runs_models", "runs_starred", "runs_benchmarks")


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Empty: everything but benchmark runs. All conditions must hold."""

    statuses: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    starred: bool = False
    benchmarks: bool = False

    @property
    def in_force(self) -> int:
        """How many conditions leave runs out."""
        return bool(self.statuses) + bool(self.models) + self.starred

    def lets(self, run: RunRecord) -> bool:
        return (
            (self.benchmarks or not run.benchmark)
            and (not self.starred or run.starred)
            and (not self.statuses or run.status in self.statuses)
            and (
                not self.models
                or bool({run.settings.lightweight, run.settings.heavyweight} & set(self.models))
            )
        )


def choose_filter(runs: Sequence[RunRecord]) -> None:
    """A button with the conditions behind it."""
    current = current_filter()
    with st.popover(
        f"Filter: {current.in_force}" if current.in_force else "Filter",
        icon=":material/filter_list:",
        help="Choose which runs are offered",
        key="runs_filter",
    ):
        _choose(runs)
        if current.in_force:
            st.button("Show all", key="runs_all", type="tertiary", on_click=forget_filter)


def _choose(runs: Sequence[RunRecord]) -> None:
    statuses = [status for status in STATUS if any(run.status == status for run in runs)]
    _keep_known("runs_status", statuses)
    st.pills(
        "Status",
        statuses,
        selection_mode="multi",
        key="runs_status",
        persist_state="session",
        format_func=lambda status: STATUS[status][0],
    )
    models = sorted({model for run in runs for model in (run.settings.lightweight, run.settings.heavyweight)})
    _keep_known("runs_models", models)
    st.multiselect("Models", models, key="runs_models", placeholder="Any", persist_state="session")
    st.toggle("Starred only", key="runs_starred", persist_state="session")
    benchmarks = sum(bool(run.benchmark) for run in runs)
    if benchmarks:
        st.toggle(
            f"Include {count(benchmarks, 'run')} of benchmarks and migrations",
            key="runs_benchmarks",
            persist_state="session",
        )


def forget_filter() -> None:
    """Callback: everything is offered again."""
    for key in KEYS:
        st.session_state.pop(key, None)


def _keep_known(key: str, options: Sequence[str]) -> None:
    """A status or model that no run has any more cannot stay chosen."""
    if key in st.session_state:
        st.session_state[key] = [value for value in st.session_state[key] if value in options]


def current_filter() -> RunFilter:
    statuses, models, starred, benchmarks = (st.session_state.get(key) for key in KEYS)
    return RunFilter(tuple(statuses or ()), tuple(models or ()), bool(starred), bool(benchmarks))
