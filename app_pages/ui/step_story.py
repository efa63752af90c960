"""The story of a step, a tab at a time: what went wrong, the prompt, its change, what the heavyweight model saw and said."""

from __future__ import annotations

import streamlit as st

from app_pages.ui.answers import show_messages
from app_pages.ui.asked import show_asked
from app_pages.ui.charts import FIGURE, confusion_chart
from app_pages.ui.mistakes import show_mistakes
from app_pages.ui.prompts import FIELDS, edit_lines, show_diff, show_prompt
from app_pages.ui.steps import Shown, sentence
from app_pages.ui.words import count, escape_md
from core.types import Evaluation, Reflection, Settings, Step

READINGS = {"validation": "Validation rows, with this step's prompt", "batch": "Training rows, before the edit"}


def show_story(shown: Shown, told: Settings) -> None:
    """`told` is what the run was told."""
    mistakes, prompt, change, words = st.tabs(["Mistakes", "Prompt", "Change", "Heavyweight model"], key="story", on_change="rerun")
    if mistakes.open:
        with mistakes:
            _show_reading(shown, told)
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


def _show_reading(shown: Shown, told: Settings) -> None:
    """The confusion matrix and the mistakes behind it, of the rows one chooses."""
    labels = shown.dataset.labels.names
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        name, read = _choose_reading(shown.step)
        unit = st.segmented_control(
            "Cells", ["counts", "row shares"], default="counts", required=True, format_func=str.capitalize, key="cells",
            label_visibility="collapsed",
        )
    if read is None:
        st.caption("No rows were read in this step.")
        return
    ink = "#E4EAEA" if st.context.theme.type == "dark" else "#1B2526"
    matrix, table = st.columns([1, 2], gap="medium")
    with matrix:
        st.plotly_chart(
            confusion_chart(read.metrics, labels, shares=unit == "row shares", ink=ink), config=FIGURE, key="confusion",
            alt="Confusion matrix of the chosen step: correct labels down, predicted labels across",
        )
    with table:
        chosen = show_mistakes(read, shown.rows, labels, key=f"{shown.step.number} {name}")
    if chosen:
        prompt = shown.before if name == "batch" else shown.step.candidate or shown.prompt
        carried = name == "validation" and shown.step.number > 0 and told.max_calls is not None
        show_asked(*chosen, prompt, told, labels, carried)


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
    measured = f", measured together: fixed {len(together.fixed):,}, broke {len(together.broke):,}" if together else ""
    st.caption(count(len(trials), "edit") + ("" if step.trials else measured))
    blocks = [
        edit_lines(edit, f"Edit {number} · {FIELDS.get(edit.field, edit.field).lower()}{'' if edit.find else ', added'}{reason}")
        for number, (edit, reason) in enumerate(trials, 1)
    ]
    st.code("\n\n".join(blocks), language="diff", wrap_lines=True)


def _choose_reading(step: Step) -> tuple[str | None, Evaluation | None]:
    """Which rows to look at, where a step has read two kinds, and their reading."""
    found = {name: getattr(step, name) for name in READINGS if getattr(step, name) is not None and getattr(step, name).predictions}
    if len(found) < 2:
        name = next(iter(found), None)
    else:
        name = st.segmented_control(
            "Rows", list(found), default="validation", required=True, format_func=READINGS.get, key="reading",
            label_visibility="collapsed",
        )
    return name, found.get(name)
