"""Benchmark: every lightweight model tuned by every heavyweight one, under the same caps, and what each pair
came to."""

import streamlit as st

from core.samples import sample
from core.services.benchmark.names import own_benchmarks
from core.services.datasets import import_sample
from pages.ui import shell
from pages.ui.actions import act, show_outcome
from pages.ui.address import addressed, forget, turn_to
from pages.ui.benchmark.form import show_form
from pages.ui.benchmark.head import carried_now, load_table, show_actions, stamp, watch
from pages.ui.benchmark.list import by_dataset, show_benchmarks
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

if st.query_params.get("benchmark") not in (None, NEW, *(record.id for record in records)):
    st.info("The benchmark in this address no longer exists.", icon=":material/link_off:")
here, elsewhere = by_dataset(records, dataset)
ids = [record.id for record in here]
if ids:
    benchmark_id = addressed("benchmark", [*ids, NEW] if dataset else ids, ids[0], always=True)
else:
    benchmark_id = NEW
    forget("benchmark")  # of another dataset, or gone: a reload would go back there
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
    if elsewhere:
        st.subheader("Benchmarks of other datasets", anchor=False)
        show_benchmarks(store, elsewhere)
    st.stop()

if len(records) > 1:
    show_benchmarks(store, [*here, *elsewhere], benchmark_id)
record = next(each for each in here if each.id == benchmark_id)
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
if dataset and loaded.spec.dataset_id != dataset.id:
    gone = f"Its dataset, {loaded.dataset}, has been deleted."
    st.info(escape_md(gone), icon=":material/folder_off:")
show_map(loaded)
show_reasons(loaded)
show_pairs(loaded)
