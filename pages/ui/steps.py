"""One step of a run: chosen, judged, and told: what went wrong, what the heavyweight model made of it, what became of the prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.state.records import RunRecord, StepFigures
from core.types import Dataset, Decision, Evaluation, Example, Prompt, Reflection, Step
from pages.ui.acting import READ_ONLY, act
from pages.ui.address import addressed
from pages.ui.answers import show_messages
from pages.ui.charts import FIGURE, confusion_chart
from pages.ui.mistakes import show_mistakes
from pages.ui.prompts import FIELDS, download_prompt, edit_lines, show_diff, show_prompt
from pages.ui.shell import workspace
from pages.ui.words import count, escape_md, percent, with_interval

BEST = "best"
VERDICTS = {
    Decision.ACCEPTED: ("Kept", ":material/check_circle:", "green"), Decision.REJECTED: ("Refused", ":material/cancel:", "orange"),
    Decision.UNDECIDED: ("Undecided", ":material/balance:", "gray"),
}
READINGS = {"validation": "Validation rows, with this step's prompt", "batch": "Training rows, before the edit"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A step with what it is read against: the rows of its run, and the prompt that entered it."""

    step: Step
    before: Prompt
    dataset: Dataset
    rows: Mapping[str, Example]

    @property
    def prompt(self) -> Prompt:
        """What the step tried; where nothing could be tried, what it went on with."""
        return self.step.candidate or self.step.prompt


@st.cache_resource(max_entries=24, show_spinner="Reading the step …")
def _step(run_id: str, number: int, saved: float) -> Step:
    """Steps are frozen. `saved` tells a step from the one that took its place when the run was resumed."""
    return workspace().store.runs.step(run_id, number)


@st.cache_resource(max_entries=4, show_spinner="Reading the rows …")
def run_dataset(run_id: str) -> Dataset:
    """The rows of a run never change."""
    return workspace().store.runs.snapshot(run_id)


def best_step(figures: Sequence[StepFigures]) -> int:
    """The last step whose prompt was kept."""
    return max((step.number for step in figures if step.kept), default=0)


def choose_step(figures: Sequence[StepFigures]) -> int:
    """The number of the step to show; by default the best, whichever that is by now."""
    by_number = {step.number: step for step in figures}
    options = [BEST, *reversed(by_number)]
    addressed("step", options, BEST)
    chosen = st.selectbox("Step", options, key="step", format_func=lambda option: _step_name(option, by_number, best_step(figures)))
    return best_step(figures) if chosen == BEST else chosen


def _step_name(option: int | str, steps: Mapping[int, StepFigures], best: int) -> str:
    return f"The best so far: step {best}" if option == BEST else step_in_words(steps[option])


def step_in_words(step: StepFigures) -> str:
    """Step 3 · kept · 71.2 %"""
    read = percent(step.validation.accuracy) if step.validation and step.validation.n else "not measured"
    return f"Step {step.number} · {'baseline' if step.number == 0 else VERDICTS[Decision(step.decision)][0].lower()} · {read}"


def load_step(run_id: str, figures: Sequence[StepFigures], number: int) -> Shown:
    saved = {step.number: step.saved for step in figures}
    step = _step(run_id, number, saved[number])
    before = _step(run_id, number - 1, saved[number - 1]).prompt if number - 1 in saved else step.prompt
    dataset = run_dataset(run_id)
    return Shown(step, before, dataset, {row.id: row for row in dataset.examples})


def show_verdict(shown: Shown) -> None:
    """Kept or not, and why, in words."""
    step = shown.step
    name, icon, color = ("Baseline", ":material/flag:", "gray") if step.number == 0 else VERDICTS[step.verdict.decision]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(name, icon=icon, color=color)
        figures = step.validation.metrics if step.validation else None
        accuracy = f"{with_interval(figures.accuracy, figures.interval)} on {count(figures.n, 'validation row')}. " if figures and figures.n else ""
        st.text(accuracy + sentence(step.verdict.reason))


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return words and words[0].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")


def choose_reading(step: Step) -> Evaluation | None:
    """Which rows to look at, where a step has read two kinds."""
    found = {name: getattr(step, name) for name in READINGS if getattr(step, name) is not None and getattr(step, name).predictions}
    if len(found) < 2:
        name = next(iter(found), None)
    else:
        name = st.segmented_control(
            "Rows", list(found), default="validation", required=True, format_func=READINGS.get, key="reading", label_visibility="collapsed",
        )
    return found.get(name)


def show_use(shown: Shown, record: RunRecord) -> None:
    """Adopt or take away the prompt of the step."""
    store, step, prompt = workspace().store, shown.step, shown.prompt
    here = any(info.id == record.dataset_id for info in store.datasets.all())
    current = store.champions.current(record.dataset_id) if here else None
    is_champion = current is not None and current.prompt == prompt
    why = READ_ONLY if workspace().read_only else "" if here else "Its dataset has been deleted."
    model = record.settings.lightweight
    st.button(
        "Is the champion" if is_champion else "Adopt as champion", icon=":material/trophy:", key="adopt", disabled=bool(why) or is_champion,
        help=why or "The playground and exports then use the prompt of this step.", on_click=act,
        args=(lambda: store.champions.adopt(record.dataset_id, prompt, model, record.id, step.number), f"The prompt of step {step.number} is the champion."),
    )
    download_prompt(prompt, shown.dataset.labels.names, model, f"prompt-step-{step.number}.json", key="download_prompt")


# ---- the step's story, a tab at a time

def show_story(shown: Shown) -> None:
    mistakes, prompt, change, words = st.tabs(["Mistakes", "Prompt", "Change", "Heavyweight model"], key="story", on_change="rerun")
    if mistakes.open:
        with mistakes:
            _show_reading(shown)
    if prompt.open:
        with prompt:
            if shown.step.candidate is None:
                st.caption("Nothing could be measured in this step; this is the prompt that the run went on with.")
            show_prompt(shown.prompt)
    if change.open:
        with change:
            _show_change(shown)
    if words.open:
        with words:
            _show_reflection(shown)


def _show_reading(shown: Shown) -> None:
    """The confusion matrix and the mistakes behind it, of the rows one chooses."""
    labels = shown.dataset.labels.names
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        read = choose_reading(shown.step)
        unit = st.segmented_control(
            "Cells", ["counts", "row shares"], default="counts", required=True, format_func=str.capitalize, key="cells", label_visibility="collapsed",
        )
    if read is None:
        st.caption("No rows were read in this step.")
        return
    matrix, table = st.columns([1, 2], gap="medium")
    with matrix:
        st.plotly_chart(
            confusion_chart(read.metrics, labels, shares=unit == "row shares"), config=FIGURE, key="confusion",
            alt="Confusion matrix of the chosen step: correct labels down, predicted labels across",
        )
    with table:
        show_mistakes(read, shown.rows, labels)


def _show_change(shown: Shown) -> None:
    if shown.step.number == 0:
        st.caption("The starting prompt follows from the label set alone; the steps change it from here.")
        return
    show_diff(shown.before, shown.prompt, "This step left the prompt as it was.")


def _show_reflection(shown: Shown) -> None:
    reflection = shown.step.reflection
    if reflection is None:
        st.caption("The heavyweight model was not asked in this step.")
        return
    if reflection.problem:
        st.warning(escape_md(sentence(reflection.problem)), icon=":material/report:")
    words, edits = st.columns(2, gap="medium")
    with words:
        st.caption(f"Its own words, after reading {count(len(reflection.shown), 'mistake')}")
        st.code(reflection.reply or "(no reply)", language=None, wrap_lines=True, height=420 if len(reflection.reply) > 900 else "content")
    with edits:
        _show_edits(shown.step, reflection)
    with st.expander("What it was shown", icon=":material/visibility:", key="request", on_change="rerun") as expander:
        if expander.open:
            show_messages(reflection.request.messages)


def _show_edits(step: Step, reflection: Reflection) -> None:
    """Each edit with what it did where edits were measured one by one, else all with what they did together."""
    trials = [(trial.edit, ": " + trial.verdict.reason) for trial in step.trials] or [(edit, "") for edit in reflection.edits]
    if not trials:
        st.caption("No edit could be used.")
        return
    together = step.verdict.comparison
    measured = f", measured together: fixed {len(together.fixed):,}, broke {len(together.broke):,}" if together and not step.trials else ""
    st.caption(count(len(trials), "edit") + measured)
    blocks = [
        edit_lines(edit, f"Edit {number} · {FIELDS.get(edit.field, edit.field).lower()}{'' if edit.find else ', added'}{reason}")
        for number, (edit, reason) in enumerate(trials, 1)
    ]
    st.code("\n\n".join(blocks), language="diff", wrap_lines=True)
