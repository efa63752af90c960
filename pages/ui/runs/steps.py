"""One step of a run: chosen, loaded with what it is read against, judged in words, put to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.metrics.metrics import by_score
from core.services.runs import best_step
from core.store.records import RunRecord, StepFigures
from core.tuning.outcomes import EditOutcome, step_outcome
from core.types import Branch, Dataset, Example, Prompt, Step
from core.wording import cut_off_in_words, sentence
from pages.ui.address import addressed, turn_to
from pages.ui.charts import outcome_of
from pages.ui.run_start import ShownPrompt
from pages.ui.shell import workspace
from pages.ui.wording import count, percent, with_interval

BEST = "best"
BEST_NAME = "The best so far"  # never with its number: a select box keeps showing the name under which an option was chosen
OUTCOMES = {
    EditOutcome.KEPT: (":material/check_circle:", "green"),
    EditOutcome.NOT_BEST: (":material/check_circle:", "blue"),
    EditOutcome.REFUSED: (":material/cancel:", "orange"),
    EditOutcome.RULED_OUT: (":material/block:", "red"),
    EditOutcome.NOT_TRIED: (":material/hourglass_disabled:", "gray"),
}


@dataclass(frozen=True, slots=True)
class LoadedStep:
    """A step with what it is read against: the prompt that entered it, and the rows of its run. `prompt` is
    what the step tried; where nothing could be tried, what it went on with; for the best of a run, what the
    run ended with."""

    step: Step
    prompt: Prompt
    before: Prompt
    dataset: Dataset
    rows: Mapping[str, Example]


@st.cache_resource(max_entries=24, show_spinner="Reading the step …")
def _step(run_id: str, number: int, saved: float) -> Step:
    """Steps are frozen. `saved` tells a step from the one that took its place when the run was resumed."""
    return workspace().store.steps.get(run_id, number)


@st.cache_resource(max_entries=4, show_spinner="Reading the rows …")
def run_dataset(run_id: str) -> Dataset:
    """The rows of a run never change. Runs on the same rows share them: a hundred thousand take 50 MB."""
    run = next((run for run in workspace().store.runs.all() if run.id == run_id), None)
    if run is None:
        return workspace().store.runs.snapshot(run_id)  # which says so
    return _snapshot(run.dataset_id, run.dataset_version, bool(run.settings.scorer), run_id)


@st.cache_resource(max_entries=4, show_spinner=False)
def _snapshot(dataset_id: str, version: int, free: bool, _run_id: str) -> Dataset:
    """By what it depends on, which the run does not."""
    return workspace().store.runs.snapshot(_run_id)


def choose_step(figures: Sequence[StepFigures]) -> int | str:
    """BEST, whichever step that is by now, or the number of a step."""
    by_number = {step.number: step for step in figures}
    options = [BEST, *reversed(by_number)]
    addressed("step", options, BEST)
    names = {number: step_in_words(step) for number, step in by_number.items()} | {BEST: BEST_NAME}
    return st.selectbox("Step", options, key="step", format_func=names.get)


def step_in_words(step: StepFigures) -> str:
    """Step 3 · kept · 71.2 %, of graded answers the mean score"""
    measured = step.validation is not None and step.validation.n
    read = percent(by_score(step.validation).accuracy) if measured else "not measured"
    return f"Step {step.number} · {'starting prompt' if step.number == 0 else outcome_of(step, step.number)} · {read}"


def load_step(run: RunRecord, figures: Sequence[StepFigures], choice: int | str) -> LoadedStep:
    number = best_step(run, figures) if choice == BEST else choice
    saved = {step.number: step.saved for step in figures}
    step = _step(run.id, number, saved[number])
    before = _step(run.id, number - 1, saved[number - 1]).prompt if number - 1 in saved else step.prompt
    prompt = run.result.best.prompt if choice == BEST and run.result else step.candidate or step.prompt
    dataset = run_dataset(run.id)
    return LoadedStep(step, prompt, before, dataset, {row.id: row for row in dataset.examples})


def load_chosen(run: RunRecord, figures: Sequence[StepFigures]) -> LoadedStep:
    """The step that is chosen in the box; of one that the run did not keep it is said, with the way to the best."""
    loaded = load_step(run, figures, choose_step(figures))
    number, best = loaded.step.number, best_step(run, figures)
    outcome = next(outcome_of(step, best) for step in figures if step.number == number)
    if outcome in (EditOutcome.REFUSED, EditOutcome.RULED_OUT):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(
                f":{OUTCOMES[outcome][1]}[{OUTCOMES[outcome][0]}] The prompt of step {number} was {outcome}. "
                f"The best prompt of the run is that of step {best}.",
                width="content",
            )
            st.button(
                f"Show step {best}",
                key="to_best_step",
                type="tertiary",
                on_click=turn_to,
                args=("step", BEST),
            )
    return loaded


def entered_with(figures: Sequence[StepFigures], number: int) -> int | None:
    """The step whose prompt entered this one: the last kept one before it. None for the baseline."""
    return max(
        (step.number for step in figures if step.number < number and step.kept and step.validation),
        default=None,
    )


def last_step_with(figures: Sequence[StepFigures], number: int) -> int:
    """The last step that went on with the prompt which this one left: what it knows of the rows is the latest."""
    later = [step for step in figures if step.number > number]
    until = next((step.number for step in later if step.kept), None)
    return max((step.number for step in later if until is None or step.number < until), default=number)


def other_step(run: RunRecord, figures: Sequence[StepFigures], number: int) -> Step:
    return _step(run.id, number, next(step.saved for step in figures if step.number == number))


def show_verdict(loaded: LoadedStep, reply_tokens: int) -> None:
    """Kept or not, and why, in words."""
    step = loaded.step
    edits = len(step.reflection.edits) if step.reflection else 0
    outcome = step_outcome(step.verdict, step.validation is not None, edits)
    icon, color = OUTCOMES[outcome] if step.number else (":material/flag:", "gray")
    name = outcome if step.number else "starting prompt"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(f"Step {step.number}: {name}", icon=icon, color=color)
        figures = step.validation.metrics if step.validation else None
        accuracy = ""
        if figures and figures.n:
            counted, name = by_score(figures), "Mean score " if figures.graded else ""
            accuracy = f"{name}{with_interval(counted.accuracy, counted.interval)} on {count(figures.n, 'validation row')}. "
            cut_off = cut_off_in_words(figures, reply_tokens)
            accuracy += f"{cut_off}. " if cut_off else ""
        st.text(accuracy + sentence(step.verdict.reason))


def shown_prompt(loaded: LoadedStep, record: RunRecord, doubt: str = "") -> ShownPrompt:
    """The prompt of the step, for what can be done with it; `doubt`: what is not proven of it."""
    number, settings = loaded.step.number, record.settings
    return ShownPrompt(
        record.dataset_id,
        loaded.prompt,
        f"step {number} of {record.name}",
        settings.lightweight,
        loaded.dataset.labels.names,
        Branch(record.id, number),
        settings.locked,
        settings.reply_tokens,
        f"prompt-step-{number}.json",
        loaded.dataset.template,
        doubt,
    )
