"""The run that the page shows: chosen in one box, by a link, or the newest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import NotFound
from core.store.records import RunRecord, RunStatus, own_runs
from pages.ui import shell
from pages.ui.address import addressed, arrived, forget
from pages.ui.runs.filter import choose_filter, current_filter
from pages.ui.runs.head import STATUS
from pages.ui.wording import percent, shortened

NOTE_LENGTH = 40


def newest(runs: Sequence[RunRecord]) -> str:
    """The run to open where none is named: benchmark runs come after all others."""
    return own_runs(runs)[0].id


def show_lost_link() -> None:
    """A link may name a run that is gone, or whose dataset is: the latest is not to be taken for it."""
    linked, store = arrived("run"), shell.workspace().store
    if linked is None:
        return
    try:
        run = store.runs.get(linked)
    except NotFound:
        lost = "The run of this link has been deleted."
    else:
        if run.dataset_id in {info.id for info in store.datasets.all()}:
            return
        report = f"python -m core export {run.id} --format html --out report.html"
        lost = f"The dataset of this link's run has been deleted. The run is kept, and its report is there: `{report}`"
    st.info(f"{lost} Showing the latest run.", icon=":material/link_off:")


def choose_run(runs: Sequence[RunRecord]) -> str:
    """The id of the run in the address, else of the newest; a step that was chosen is one of its run."""
    ids = [run.id for run in runs]
    if (linked := arrived("run")) in ids and "step" in st.query_params:
        st.session_state["step_of"] = linked  # the step of the link is a step of this run
    run_id = addressed("run", ids, newest(runs), always=True)
    if st.session_state.get("step_of", run_id) != run_id:
        forget("step")
    st.session_state["step_of"] = run_id
    wanted = current_filter()
    names = names_of([run for run in runs if run.id == run_id or wanted.lets(run)])
    st.selectbox(
        "Run",
        list(names),
        key="run",
        format_func=names.get,
        label_visibility="collapsed",
        width=300,
    )
    if len(runs) > 1:
        choose_filter(runs)
    return run_id


def names_of(runs: Sequence[RunRecord]) -> Mapping[str, str]:
    """What each run is called in the box, by id. No two are called the same: a browser chooses by the name."""
    words = {run.id: _in_words(run, scored=len(runs) > 1) for run in runs}
    times = Counter(words.values())
    return {run_id: name if times[name] == 1 else f"{name} · {run_id[:6]}" for run_id, name in words.items()}


def _in_words(run: RunRecord, scored: bool) -> str:
    """★ Run 3 · validation 58 → 84 % · stopped · what it was for. Scores are for choosing among runs (`scored`)."""
    parts = [("★ " if run.starred else "") + run.name]
    if scored and run.baseline_share is not None and run.best_share is not None:
        gain = f"{percent(run.baseline_share, 0)[:-2]} → {percent(run.best_share, 0)}"
        parts.append(f"validation {gain}" if run.best_score is None else f"mean score {gain}")
    if run.status is not RunStatus.FINISHED:
        parts.append(STATUS[run.status][0].lower())
    if run.benchmark:
        parts.append("benchmark")
    if run.note:
        parts.append(shortened(run.note, NOTE_LENGTH))
    return " · ".join(parts)
