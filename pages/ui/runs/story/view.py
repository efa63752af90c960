"""The story of a run: what it came to, how it got there step by step, and the prompt that came of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.exports.report.run import reading_of
from core.services.story.outline import outline_of
from core.store.records import DatasetInfo, RunRecord, StepFigures
from pages.ui.address import turn_to
from pages.ui.prompt_actions import show_prompt_actions
from pages.ui.runs.caps import offer_caps
from pages.ui.runs.cut_off import show_cut_off
from pages.ui.runs.result import show_capped, show_early_end
from pages.ui.runs.spend import show_spend
from pages.ui.runs.steps import run_dataset
from pages.ui.runs.story.last_card import show_ending, shown_best
from pages.ui.runs.story.run_story import RunStory
from pages.ui.runs.story.score import show_score, show_title
from pages.ui.runs.story.stepper import show_chapters, show_slides
from pages.ui.runs.story.story_html import draw_style


def show_story(run: RunRecord, figures: Sequence[StepFigures], dataset: DatasetInfo) -> None:
    """`run` with its result. One that goes on has a story of what it has done so far."""
    story = _story(run, figures, dataset)
    draw_style()
    show_early_end(run)
    show_score(story)
    if dataset.labels.good and figures:
        st.button(
            "Agreement, kappa and disagreements",
            icon=":material/gavel:",
            key="story_judge",
            type="tertiary",
            on_click=turn_to,
            args=("view", "judge"),
        )
    if figures:
        show_prompt_actions(shown_best(story), key="_story")
    _show_capped(story)
    show_cut_off(run, figures)
    offer_caps(run)
    if figures:
        show_chapters(story)
        st.divider()
        show_ending(story)
    with st.expander("Cost and time", icon=":material/receipt_long:"):
        show_spend(run, figures)


def _show_capped(story: RunStory) -> None:
    at_step = next((step.validation for step in story.figures if step.number == story.best), None)
    read = reading_of(story.outline, story.best, "validation")
    show_capped(story.run, story.best, at_step, read.metrics if read else None)


def present_story(run: RunRecord, figures: Sequence[StepFigures], dataset: DatasetInfo) -> None:
    """The same as slides, one a step, the last card among them."""
    story = _story(run, figures, dataset)
    draw_style()
    show_title(story)
    show_slides(story)


def _story(run: RunRecord, figures: Sequence[StepFigures], dataset: DatasetInfo) -> RunStory:
    """Under the name that the dataset has today."""
    return RunStory(run, tuple(figures), outline_of(run, figures, run_dataset(run.id)), dataset.name)
