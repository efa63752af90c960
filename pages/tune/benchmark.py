"""Benchmark: every lightweight model tuned by every heavyweight one, under the same caps, and what each pair
came to."""

import streamlit as st

from core.samples import sample
from core.services.benchmark.table import BenchmarkTable, table
from core.services.datasets import import_sample
from core.store.records import RunRecord
from pages.ui import shell
from pages.ui.actions import act, show_outcome
from pages.ui.address import addressed, turn_to
from pages.ui.benchmark.form import show_form
from pages.ui.benchmark.head import carried_now, show_actions, show_now
from pages.ui.benchmark.heat_map import MEASURES, heat_map, shares_in_words
from pages.ui.benchmark.list import show_benchmarks
from pages.ui.benchmark.pairs import clicked, map_key, show_pairs, show_reasons
from pages.ui.charts import FIGURE
from pages.ui.wording import count, escape_md, percent

store, NEW = shell.workspace().store, "new"
WHAT = (
    "How well does one model prompt another? Every pair is tuned under the same caps, on the same rows, and read on rows that no step has "
    "seen."
)
HOW = (
    "Intervals hold with 95 %. A row counts once, however many seeds have read it, so more seeds narrow them only where they disagree. The "
    "verdict is an exact paired test on the same rows. Calls, money and time are of all seeds together, and those that each pair takes by "
    "itself: what pairs share is asked, and paid, once."
)


def use_sample() -> None:
    act(lambda: import_sample(shell.workspace(), sample("github_issues")))
    st.rerun()


def stamp(runs: tuple[RunRecord, ...], carried: bool) -> tuple:
    """What the page as a whole has to be drawn again for."""
    return carried, tuple((run.id, run.status, run.stop_requested, run.finished) for run in runs)


@st.cache_data(max_entries=16, show_spinner=False)
def load_table(benchmark_id: str, name: str, seen: tuple) -> BenchmarkTable:
    """The table as of this stamp."""
    return table(shell.workspace(), benchmark_id)


def watch(benchmark_id: str, seen: tuple) -> None:
    """Light enough for every second: a few lines. Anything more draws the page again."""
    if not shell.workspace().read_only:
        store.leases.mark_interrupted()
    runs, carried = store.runs.all(benchmark=benchmark_id), carried_now(benchmark_id)
    if stamp(runs, carried) != seen:
        st.rerun()
    if carried:
        show_now(runs)


st.title("Benchmark", anchor=False)
show_outcome()
if not shell.workspace().read_only:
    store.leases.mark_interrupted()
dataset, records = shell.dataset(), store.benchmarks.all()
if dataset is None and not records:
    shell.nothing_yet(
        "There is nothing to tune on yet",
        "A benchmark needs labelled text. Take the sample of GitHub issues, or import your own on the Dataset page.",
        "Use the sample",
        use_sample,
        key="use_sample",
    )
    st.stop()

ids = [record.id for record in records]
if st.query_params.get("benchmark") not in (None, NEW, *ids):
    st.info("The address names a benchmark that is not here any more.", icon=":material/link_off:")
benchmark_id = addressed("benchmark", [*ids, NEW] if dataset else ids, ids[0] if ids else NEW, always=True)
if benchmark_id == NEW:
    st.caption(WHAT)
    if ids:
        st.button(
            "Back to the benchmarks",
            icon=":material/arrow_back:",
            key="back",
            type="tertiary",
            on_click=turn_to,
            args=("benchmark", ids[0]),
        )
    show_form(dataset)
    st.stop()

if len(records) > 1:
    show_benchmarks(store, records, benchmark_id)
record = next(each for each in records if each.id == benchmark_id)
runs, carried = store.runs.all(benchmark=benchmark_id), carried_now(benchmark_id)
with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader(escape_md(record.name), anchor=False, width="content")
    show_actions(record, runs, carried)
    if dataset:
        st.button(
            "New benchmark",
            icon=":material/add:",
            key="new_benchmark",
            on_click=turn_to,
            args=("benchmark", NEW),
        )
seen = stamp(runs, carried)
st.fragment(watch, run_every=1.0 if carried else None)(benchmark_id, seen)
loaded = load_table(benchmark_id, record.name, seen)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    addressed("figure", list(MEASURES), MEASURES[0])
    measure = st.segmented_control(
        "Show", MEASURES, key="figure", required=True, label_visibility="collapsed"
    )
    most = max((cell.test.rows for cell in loaded.cells.values() if cell.test), default=loaded.test_rows)
    fewer = f", {most:,} of them read under the caps" if most < loaded.test_rows else ""
    facts = f"{loaded.dataset}: {count(loaded.test_rows, 'test row')}{fewer}; the most frequent label alone: {percent(loaded.majority)}"
    st.caption(escape_md(facts), width="content", help=HOW)
ink = "#E4EAEA" if st.context.theme.type == "dark" else "#1B2526"
event = st.plotly_chart(
    heat_map(loaded, measure, ink),
    config=FIGURE,
    key=map_key("benchmark_map"),
    on_select="rerun",
    selection_mode="points",
    alt=shares_in_words(loaded),
)
clicked(loaded, event, "benchmark_map")
show_reasons(loaded)
show_pairs(loaded)
