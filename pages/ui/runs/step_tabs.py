"""What a step did, a tab at a time: its edits, the mistakes of its prompt, the prompt, and what was asked and
answered."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.store.records import RunRecord, StepFigures
from core.types import Reflection
from core.wording import sentence
from pages.ui.answers import show_reflection_request
from pages.ui.diff_view import show_changes
from pages.ui.prompt_actions import show_prompt
from pages.ui.runs.confusion.view import show_reading
from pages.ui.runs.edit_cards import read_in_words, show_edits
from pages.ui.runs.steps import LoadedStep
from pages.ui.wording import escape_md

SEALED = "Mistakes on test rows are counted and not listed: a prompt mended by them could no longer be measured on them."


def show_tabs(loaded: LoadedStep, record: RunRecord, figures: Sequence[StepFigures]) -> None:
    edits, mistakes, prompt, words = st.tabs(
        ["Edits", "Mistakes", "Prompt", "Heavyweight model"],
        default="Mistakes" if loaded.step.number == 0 or "cell" in st.query_params else "Edits",
        key="story",
        on_change="rerun",
    )
    if edits.open:
        with edits:
            _show_what_changed(loaded, record)
    if mistakes.open:
        with mistakes:
            if record.result and record.result.test and loaded.step.number == record.result.best.step:
                st.caption(SEALED)
            show_reading(loaded, record, figures)
    if prompt.open:
        with prompt:
            if loaded.step.candidate is None:
                st.caption("Nothing was measured in this step; this is the prompt that the run went on with.")
            show_prompt(loaded.prompt, loaded.dataset.template)
    if words.open:
        with words:
            _show_reflection(loaded, record.settings.heavyweight)


def _show_what_changed(loaded: LoadedStep, record: RunRecord) -> None:
    """The edits as cards, and the prompt as a whole before and after; without edits only that."""
    step = loaded.step
    if step.number == 0:
        st.caption("The run began with this prompt; the steps change it from here.")
        return
    if step.reflection is None:
        show_changes(loaded.before, loaded.prompt, "This step left the prompt as it was.")
        return
    if step.reflection.problem:
        st.warning(escape_md(sentence(step.reflection.problem)), icon=":material/report:")
    show_edits(loaded, record)
    whole = st.expander(
        "The whole prompt, before and after",
        icon=":material/difference:",
        key="whole_change",
        on_change="rerun",
    )
    if whole.open:
        with whole:
            show_changes(loaded.before, loaded.prompt, "This step left the prompt as it was.")


def _show_reflection(loaded: LoadedStep, model: str) -> None:
    reflection: Reflection | None = loaded.step.reflection
    if reflection is None:
        st.caption("The heavyweight model was not asked in this step.")
        return
    st.caption(f"Its own words, after reading {read_in_words(loaded.step)}")
    st.code(
        reflection.reply or "(no reply)",
        language=None,
        wrap_lines=True,
        height=420 if len(reflection.reply) > 900 else "content",
    )
    with st.expander(
        "What it was shown", icon=":material/visibility:", key="request", on_change="rerun"
    ) as expander:
        if expander.open:
            show_reflection_request(model, reflection.request)
