"""The view "Steps": the chart, the chosen step with its verdict and what can be made of it, and what it read."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.exports.report.headline import doubt_in_words
from core.services.runs import best_step
from core.services.story.outline import outline_of
from core.store.records import RunRecord, StepFigures
from pages.ui.prompt_actions import show_prompt_actions
from pages.ui.runs.head import show_facts
from pages.ui.runs.result import show_accuracy
from pages.ui.runs.step_tabs import show_tabs
from pages.ui.runs.steps import choose_step, load_step, show_verdict, shown_prompt
from pages.ui.sides import halves


def show_steps(run: RunRecord, figures: Sequence[StepFigures]) -> None:
    left, right = halves()
    with right:
        loaded = load_step(run, figures, choose_step(figures))
        show_verdict(loaded, run.settings.reply_tokens)
        if loaded.step.validation is None and run.result and loaded.step.number != run.result.best.step:
            st.caption("No prompt was measured in this step: choose another one to adopt or go on from.")
        else:
            outline = outline_of(run, figures, loaded.dataset)
            show_prompt_actions(shown_prompt(loaded, run, doubt_in_words(outline, loaded.step.number)))
        show_facts(run)
    with left:
        show_accuracy(figures, run, loaded.step.number, best_step(run, figures))
    show_tabs(loaded, run, figures)
