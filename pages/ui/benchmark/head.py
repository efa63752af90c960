"""The chosen benchmark: its state, what can be done to it, what it is doing now, and the files to hand on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.services.benchmark import queue
from core.services.benchmark.export import benchmark_csv, benchmark_json
from core.services.benchmark.names import own_benchmarks
from core.services.benchmark.spec import spec_of
from core.services.benchmark.table import BenchmarkTable, table
from core.store.records import BenchmarkRecord, RunRecord, RunStatus
from pages.ui.actions import READ_ONLY, act, no_spending
from pages.ui.address import turn_to
from pages.ui.keys import typed_keys
from pages.ui.runs.live.progress import now_in_words
from pages.ui.shell import redraw_page, workspace
from pages.ui.wording import count, escape_md, shortened

OPEN = (RunStatus.QUEUED, RunStatus.INTERRUPTED, RunStatus.STOPPED, RunStatus.PAUSED)
BADGES = {
    "Running": (":material/play_circle:", "blue"),
    "Stopping": (":material/stop_circle:", "orange"),
    "Finished": (":material/check_circle:", "green"),
    "Finished with failures": (":material/error:", "red"),
    "Waiting to go on": (":material/pause_circle:", "orange"),
}


def state_of(record: BenchmarkRecord, runs: Sequence[RunRecord], carried: bool) -> str:
    """In one of the words of BADGES."""
    statuses = Counter(run.status for run in runs)
    if carried:
        stopping = all(run.stop_requested for run in runs if run.status is RunStatus.RUNNING)
        return "Stopping" if stopping and not queue.is_queued_here(workspace(), record.id) else "Running"
    if is_open(record, runs):
        return "Waiting to go on"
    return "Finished with failures" if statuses[RunStatus.FAILED] else "Finished"


def is_open(record: BenchmarkRecord, runs: Sequence[RunRecord]) -> bool:
    """Whether something is left to do, failures not counted."""
    return any(run.status in OPEN for run in runs) or len(runs) < len(list(spec_of(record).run_keys()))


def show_actions(record: BenchmarkRecord, runs: Sequence[RunRecord], carried: bool) -> None:
    """Its state, the buttons that fit it, its files, and what can be done to it as a whole."""
    show_controls(record, runs, carried)
    _downloads(record)
    with st.popover(
        "More",
        icon=":material/more_horiz:",
        help="Rename or delete",
        key="sign_benchmark_menu",
        disabled=workspace().read_only,
    ):
        _rename(record)
        _delete(record, runs, carried)


def show_controls(record: BenchmarkRecord, runs: Sequence[RunRecord], carried: bool) -> None:
    """Its state, and the buttons that stop it or go on with it."""
    state, locked, no_money = state_of(record, runs, carried), workspace().read_only, no_spending()
    icon, color = BADGES[state]
    st.badge(state, icon=icon, color=color)
    statuses = Counter(run.status for run in runs)
    if carried:
        st.button(
            "Stopping …" if state == "Stopping" else "Stop",
            icon=":material/stop:",
            key="benchmark_stop",
            disabled=locked or state == "Stopping",
            help=READ_ONLY
            if locked
            else "Runs under way end within a second or so, the others do not begin; all can go on later.",
            on_click=act,
            args=(lambda: queue.stop(workspace(), record.id),),
        )
    elif is_open(record, runs):
        begun = any(run.started for run in runs)
        st.button(
            "Go on" if begun else "Start",
            icon=":material/resume:",
            type="primary",
            key="benchmark_go_on",
            disabled=bool(no_money),
            help=no_money
            or "Goes on with the runs that have not finished; calls already made come from the cache.",
            on_click=act,
            args=(lambda: queue.resume(workspace(), record.id, typed_keys()),),
        )
    if not carried and statuses[RunStatus.FAILED]:
        st.button(
            "Try the failed again",
            icon=":material/refresh:",
            key="benchmark_again",
            disabled=bool(no_money),
            help=no_money or "Once the reason is gone: a key typed, a model there.",
            on_click=act,
            args=(lambda: queue.resume(workspace(), record.id, typed_keys(), failed=True),),
        )


def _downloads(record: BenchmarkRecord) -> None:
    """Made when pressed."""
    space, name = workspace(), re.sub(r"[^\w-]+", "_", record.name).strip("_")[:60] or "benchmark"
    st.download_button(
        "CSV",
        lambda: benchmark_csv(table(space, record.id)).encode("utf-8-sig"),
        f"{name}.csv",
        "text/csv",
        key="benchmark_csv",
        icon=":material/download:",
        on_click="ignore",
        help="A line per pair with all figures.",
    )
    st.download_button(
        "JSON",
        lambda: benchmark_json(table(space, record.id)).encode(),
        f"{name}.json",
        "application/json",
        key="benchmark_json",
        icon=":material/download:",
        on_click="ignore",
        help="Everything, with the runs of each pair and how it was measured.",
    )


def _rename(record: BenchmarkRecord) -> None:
    field = "name_of_" + record.id
    with st.form("rename_benchmark", border=False):
        st.text_input("Name", record.name, key=field, max_chars=60)
        st.form_submit_button(
            "Rename",
            on_click=act,
            args=(
                lambda: workspace().store.benchmarks.rename(record.id, st.session_state[field]),
                "Renamed.",
            ),
        )


def _delete(record: BenchmarkRecord, runs: Sequence[RunRecord], carried: bool) -> None:
    if carried:
        st.caption("It can be deleted once it has ended.")
        return
    with_runs = st.checkbox(
        f"Delete its {count(len(runs), 'run')}, too", value=True, key="with_runs_" + record.id
    )
    sure = st.checkbox("Yes, for good", key="sure_" + record.id)
    st.button(
        "Delete the benchmark",
        icon=":material/delete:",
        key="benchmark_delete",
        disabled=not sure,
        on_click=act,
        args=(lambda: _gone(record, with_runs), "The benchmark is deleted."),
    )


def _gone(record: BenchmarkRecord, runs: bool) -> None:
    queue.delete(workspace(), record.id, runs)
    left = own_benchmarks(workspace())
    if left:
        turn_to("benchmark", left[0].id)


def show_now(runs: Sequence[RunRecord]) -> None:
    """How far it is, and what is under way, a line each."""
    over = [run for run in runs if not run.active]
    under_way = [run for run in runs if run.status is RunStatus.RUNNING]
    st.progress(len(over) / max(len(runs), 1), text=f"{len(over):,} of {count(len(runs), 'run')} done")
    several = len({run.settings.seed for run in runs}) > 1
    lines = [
        f"{_pair(run)}{f', seed {run.settings.seed}' if several else ''}: {now_in_words(run.progress)}"
        for run in under_way
    ]
    st.caption(
        "  \n".join(escape_md(shortened(line, 140)) for line in lines) or "The next run is about to begin …"
    )


def _pair(run: RunRecord) -> str:
    return f"{run.settings.lightweight} + {run.settings.heavyweight}"


def carried_now(benchmark_id: str) -> bool:
    return queue.is_active(workspace(), benchmark_id)


def stamp(runs: Sequence[RunRecord], carried: bool) -> tuple:
    """What the page as a whole has to be drawn again for."""
    return carried, tuple((run.id, run.status, run.stop_requested, run.finished) for run in runs)


@st.cache_data(max_entries=16, show_spinner=False)
def load_table(benchmark_id: str, name: str, seen: tuple) -> BenchmarkTable:
    """The table as of this stamp."""
    return table(workspace(), benchmark_id)


def watch(benchmark_id: str, seen: tuple) -> None:
    """Light enough for every second: a few lines. Anything more draws the page again."""
    store = workspace().store
    if not workspace().read_only:
        store.leases.mark_interrupted()
    runs, carried = store.runs.all(benchmark=benchmark_id), carried_now(benchmark_id)
    if stamp(runs, carried) != seen:
        redraw_page()
    if carried:
        show_now(runs)
