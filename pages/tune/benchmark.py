"""Benchmark: every lightweight model tuned by every heavyweight one, under the same caps, and what each pair
came to."""

import streamlit as st

from core.samples import sample
from core.services.benchmark.names import own_benchmarks
from core.services.datasets import import_sample
from pages.ui import shell
from pages.ui.actions import act, show_outcome
from pages.ui.address import addressed, turn_to
from pages.ui.benchmark.form import show_form
from pages.ui.benchmark.head import carried_now, load_table, show_actions, stamp, watch
from pages.ui.benchmark.list import show_benchmarks
from pages.ui.benchmark.pairs import show_map, show_pairs, show_reasons
from pages.ui.wording import escape_md

store, NEW = shell.workspace().store, "new"
WHAT = (
    "How well does one model prompt another? Every pair is tuned under the same caps, on the same rows, and measured on rows "
    "that no step has seen."
)


def use_sample() -> None:
    act(lambda: import_sample(shell.workspace(), sample("github_issues")))
    st.rerun()


st.title("Benchmark", anchor=False)
show_outcome()
if not shell.workspace().read_only:
    store.leases.mark_interrupted()
dataset = shell.dataset()
records = own_benchmarks(shell.workspace())
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
    st.info("The benchmark in this address no longer exists.", icon=":material/link_off:")
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
shell.fragment(watch, every=1.0 if carried else None)(benchmark_id, seen)
loaded = load_table(benchmark_id, record.name, seen)
show_map(loaded)
show_reasons(loaded)
show_pairs(loaded)
