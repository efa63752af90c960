"""Which prompt: the champion, the starting prompt, or that of any step of any run of the dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from app_pages.ui.shell import workspace
from app_pages.ui.steps import BEST, BEST_NAME, load_step, step_in_words
from core.prompts.starting import starting_prompt
from core.state.records import DatasetInfo, RunRecord, RunStatus
from core.types import Prompt

CHAMPION, STARTING = "champion", "starting"


@dataclass(frozen=True, slots=True)
class Chosen:
    """`model` is the lightweight model that the prompt was made for, "" where there is none."""

    prompt: Prompt
    model: str


def choose_prompt(dataset: DatasetInfo) -> Chosen:
    """Two choices at most: whose prompt, and for a run which step."""
    champion = workspace().store.champions.current(dataset.id)
    newest = [run for run in workspace().store.runs.all(dataset.id) if run.steps]
    runs = {run.id: run for run in sorted(newest, key=lambda run: run.status is not RunStatus.FINISHED)}
    options = [*([CHAMPION] if champion else []), *runs, STARTING]
    if st.session_state.get("whose_prompt") not in options:
        st.session_state.pop("whose_prompt", None)
    whose = st.selectbox(
        "Prompt", options, key="whose_prompt", persist_state="session", format_func=lambda option: _name(option, champion, runs),
    )
    if whose == CHAMPION and champion:
        return Chosen(champion.prompt, champion.model)
    if whose in runs:
        return _of_run(workspace().store.runs.get(whose))
    return Chosen(starting_prompt(dataset.labels), "")


def _name(option: str, champion: object, runs: Mapping[str, RunRecord]) -> str:
    if option == CHAMPION:
        run = runs.get(champion.run_id)
        return "Champion" + (f" ({run.name}, step {champion.step})" if run else "")
    return "Starting prompt" if option == STARTING else runs[option].name


def _of_run(run: RunRecord) -> Chosen:
    """Its best prompt, or that of any step that was measured."""
    figures = workspace().store.runs.figures(run.id)
    by_number = {step.number: step for step in figures if step.validation is not None}
    names = {number: step_in_words(step) for number, step in by_number.items()} | {BEST: BEST_NAME}
    choice = st.selectbox(
        "Step", [BEST, *reversed(by_number)], key="playground_step_" + run.id, persist_state="session",
        format_func=names.get,
    )
    return Chosen(load_step(run, figures, choice).prompt, run.settings.lightweight)
