"""The story of a step, a tab at a time: what went wrong, the prompt, its change, what the heavyweight model
saw and said."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.prompts.diffs import edit_lines
from core.store.records import RunRecord, StepFigures
from core.types import Reflection, Step
from core.wording import FIELDS, sentence
from pages.ui.answers import show_reflection_request
from pages.ui.diff_view import show_changes, show_diff
from pages.ui.prompts import show_prompt
from pages.ui.runs.confusion.view import show_reading
from pages.ui.runs.steps import LoadedStep
from pages.ui.wording import count, escape_md


def show_story(loaded: LoadedStep, record: RunRecord, figures: Sequence[StepFigures]) -> None:
    mistakes, prompt, change, words = st.tabs(
        ["Mistakes", "Prompt", "Change", "Heavyweight model"], key="story", on_change="rerun"
    )
    if mistakes.open:
        with mistakes:
            show_reading(loaded, record, figures)
    if prompt.open:
        with prompt:
            if loaded.step.candidate is None:
                st.caption(
                    "Nothing could be measured in this step; this is the prompt that the run went on with."
                )
            show_prompt(loaded.prompt)
    if change.open:
        with change:
            _show_change(loaded)
    if words.open:
        with words:
            _show_reflection(loaded, record.settings.heavyweight)


def _show_change(loaded: LoadedStep) -> None:
    if loaded.step.number == 0:
        st.caption("The starting prompt follows from the label set alone; the steps change it from here.")
        return
    show_changes(loaded.before, loaded.prompt, "This step left the prompt as it was.")


def _show_reflection(loaded: LoadedStep, model: str) -> None:
    reflection = loaded.step.reflection
    if reflection is None:
        st.caption("The heavyweight model was not asked in this step.")
        return
    if reflection.problem:
        st.warning(escape_md(sentence(reflection.problem)), icon=":material/report:")
    words, edits = st.columns(2, gap="medium")
    with words:
        st.caption(f"Its own words, after reading {_read(loaded.step)}")
        st.code(
            reflection.reply or "(no reply)",
            language=None,
            wrap_lines=True,
            height=420 if len(reflection.reply) > 900 else "content",
        )
    with edits:
        _show_edits(loaded.step, reflection)
    with st.expander(
        "What it was shown", icon=":material/visibility:", key="request", on_change="rerun"
    ) as expander:
        if expander.open:
            show_reflection_request(model, reflection.request)


def _read(step: Step) -> str:
    """What the heavyweight model was shown in the step: mistakes, or rows of each label to define."""
    return count(len(step.reflection.shown) if step.reflection else 0, "mistake" if step.batch else "row")


def _show_edits(step: Step, reflection: Reflection) -> None:
    """Each edit with what it did where edits were measured one by one, else all with what they did
    together."""
    trials = [(trial.edit, ": " + trial.verdict.reason) for trial in step.trials] or [
        (edit, "") for edit in reflection.edits
    ]
    if not trials:
        st.caption("No edit could be used.")
        return
    together = step.verdict.comparison
    measured = (
        f", measured together: fixed {len(together.fixed):,}, broke {len(together.broke):,}"
        if together
        else ""
    )
    st.caption(count(len(trials), "edit") + ("" if step.trials else measured))
    for number, (edit, reason) in enumerate(trials, 1):
        st.caption(
            escape_md(
                f"Edit {number} · {FIELDS.get(edit.field, edit.field).lower()}{'' if edit.find else ', added'}{reason}"
            )
        )
        show_diff(edit_lines(edit))
