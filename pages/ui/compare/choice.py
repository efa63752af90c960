"""Which runs stand beside each other, each at which step; both are kept in the address
(`?runs=a,b&steps=best,3`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.services.compare.basis import ComparedRun, side
from core.store.records import RunRecord, RunStatus, StepFigures
from core.types import Result
from pages.ui.runs.head import STATUS
from pages.ui.runs.steps import BEST, BEST_NAME, LoadedStep, load_step, step_in_words
from pages.ui.shell import workspace
from pages.ui.wording import percent, shortened

LETTERS = "ABCDEF"
# Paul Tol's "bright", each with a letter and a mark, so that no colour has to be told from another.
RUNS = ("#4477AA", "#EE6677", "#228833", "#AA3377", "#CCBB44", "#66CCEE")
RUN_MARKS = ("circle", "square", "diamond", "triangle-up", "pentagon", "triangle-down")
MOST = len(RUNS)
CHOSEN, WRITTEN, REMEMBERED = "compared", "compared in the address", "compared as chosen"


@dataclass(frozen=True, slots=True)
class Beside:
    """A compared run: `index` gives its letter, colour and mark."""

    index: int
    record: RunRecord
    loaded: LoadedStep
    side: ComparedRun

    @property
    def letter(self) -> str:
        return LETTERS[self.index]

    @property
    def title(self) -> str:
        """A · Rewrite: short enough for a column."""
        return self.letter + " · " + shortened(self.record.name, 22)

    @property
    def color(self) -> str:
        return RUNS[self.index]

    @property
    def mark(self) -> str:
        return RUN_MARKS[self.index]


def choose_runs(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """In the order in which they were chosen: the first is what the others are compared with."""
    by_id = {run.id: run for run in runs}
    address = st.query_params.get("runs", ""), st.query_params.get("steps", "")
    if address[0] and address != st.session_state.get(WRITTEN):
        _follow(address[0].split(","), address[1].split(","), by_id)
    elif (
        CHOSEN not in st.session_state and REMEMBERED in st.session_state
    ):  # a switch of the page takes the state of widgets away
        st.session_state[CHOSEN] = st.session_state[REMEMBERED]
    usual = [run.id for run in runs if not run.benchmark][:2][::-1]
    chosen = st.session_state.get(CHOSEN, usual)
    st.session_state[CHOSEN] = [run_id for run_id in chosen if run_id in by_id]
    chosen_ids = set(st.session_state[CHOSEN])
    options = [run.id for run in runs if not run.benchmark or run.id in chosen_ids]
    names = names_of([by_id[run_id] for run_id in options])
    st.multiselect(
        "Runs",
        options,
        key=CHOSEN,
        format_func=names.get,
        max_selections=MOST,
        help="The first is what the others are compared with.",
        placeholder="Choose two runs or more",
    )
    st.session_state[REMEMBERED] = st.session_state[CHOSEN]
    return [by_id[run_id] for run_id in st.session_state[CHOSEN]]


def _follow(ids: Sequence[str], steps: Sequence[str], by_id: dict[str, RunRecord]) -> None:
    """What the address says. A run that is not there is left out."""
    known = [run_id for run_id in dict.fromkeys(ids) if run_id in by_id][:MOST]
    if known:
        st.session_state[CHOSEN] = known
    for run_id, step in zip(ids, steps, strict=False):
        if run_id in by_id and step:
            st.session_state[step_key(run_id)] = int(step) if step.isdecimal() else BEST


def step_key(run_id: str) -> str:
    return "compared_step_" + run_id


def names_of(runs: Sequence[RunRecord]) -> dict[str, str]:
    """By id, each another: a browser names an option by what it is called, so that two of one name would be
    one."""
    descriptions = {run.id: in_words(run) for run in runs}
    often = Counter(descriptions.values())
    return {
        run_id: name if often[name] == 1 else name + " · " + run_id for run_id, name in descriptions.items()
    }


def in_words(run: RunRecord) -> str:
    """Rewrite · 69.2 % · stopped"""
    parts = [run.name] + ([percent(run.best_share)] if run.best_share is not None else [])
    parts += [STATUS[run.status][0].lower()] if run.status is not RunStatus.FINISHED else []
    return " · ".join([*parts, *(["benchmark"] if run.benchmark else [])])


def choose_step(run: RunRecord, figures: Sequence[StepFigures]) -> int | str:
    """BEST, or the number of a step that was measured."""
    measured = {step.number: step for step in figures if step.validation is not None and step.validation.n}
    options, key = [BEST, *reversed(measured)], step_key(run.id)
    remembered = st.session_state.get(key, st.session_state.get(key + REMEMBERED))
    st.session_state[key] = st.session_state[key + REMEMBERED] = remembered if remembered in options else BEST
    names = {number: step_in_words(step) for number, step in measured.items()} | {BEST: BEST_NAME}
    st.selectbox("Step", options, key=key, format_func=names.get, label_visibility="collapsed")
    st.session_state[key + REMEMBERED] = st.session_state[key]
    return st.session_state[key]


def write_address(runs: Sequence[RunRecord]) -> None:
    """Called last: the page as it is."""
    steps = [str(st.session_state.get(step_key(run.id), BEST)) for run in runs]
    address = ",".join(run.id for run in runs), ",".join(steps) if any(step != BEST for step in steps) else ""
    st.session_state[WRITTEN] = address
    for name, value in zip(("runs", "steps"), address, strict=True):
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value:
            st.query_params.pop(name, None)


@st.cache_resource(max_entries=12, show_spinner=False)
def _result(run_id: str, stamp: tuple) -> Result | None:
    """Heavy: it holds every prediction of the end. `stamp` changes when the run ends, or ends anew."""
    return workspace().store.runs.get(run_id).result


def load_run(
    index: int, run: RunRecord, figures: Sequence[StepFigures], choice: int | str, names: Sequence[str]
) -> Beside:
    """The run with what is shown of it. `names` are of all compared runs: one that stands twice gets its
    letter."""
    record = replace(run, result=_result(run.id, (run.status, run.finished, run.steps)))
    loaded = load_step(record, figures, choice)
    name = run.name if list(names).count(run.name) == 1 else LETTERS[index] + " (" + run.name + ")"
    return Beside(index, record, loaded, side(name, record, loaded.step, loaded.prompt, loaded.dataset))
