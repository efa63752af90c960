"""The last card: the prompt that the run ended with, and a text to try on it beside the starting prompt."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.exports.report.headline import doubt_in_words
from core.scoring.label_sets import is_set_scorer
from core.services.story.in_use import rows_to_try, thousand_in_words, try_text
from core.types import Example, Prompt
from pages.ui import shell
from pages.ui.keys import typed_keys
from pages.ui.run_start import ShownPrompt
from pages.ui.runs.steps import LoadedStep, other_step, run_dataset, shown_prompt
from pages.ui.runs.story.run_story import RunStory
from pages.ui.runs.story.story_html import draw, markup
from pages.ui.shell import workspace
from pages.ui.sides import halves
from pages.ui.wording import escape_md, shortened

TEXT = "story_text"
ANCHOR = "best-prompt"  # in the address: the score has a link to it


def show_ending(story: RunStory) -> None:
    start, best = prompts_of(story)
    left, right = halves()
    with left:
        title = f"The best prompt, of step {story.best}" if story.best else "The starting prompt stands"
        st.subheader(title, anchor=ANCHOR)
        if story.best:
            st.caption("Marked lines are new since the starting prompt.")
        draw(markup().prompt(best, start))
    with right:
        _show_try(story, [start, best] if story.best else [start])


def prompts_of(story: RunStory) -> tuple[Prompt, Prompt]:
    """The starting prompt and the best one so far."""
    result = story.run.result
    if result is not None:
        return result.baseline.prompt, result.best.prompt
    first, best = (other_step(story.run, story.figures, number) for number in (0, story.best))
    return first.prompt, best.prompt


def shown_best(story: RunStory) -> ShownPrompt:
    """The best prompt so far, for what can be done with it."""
    step, (_, best) = other_step(story.run, story.figures, story.best), prompts_of(story)
    loaded = LoadedStep(step, best, best, run_dataset(story.run.id), {})
    return shown_prompt(loaded, story.run, doubt_in_words(story.outline, story.best))


def answers_free(story: RunStory) -> bool:
    """Whether its answers are no labels."""
    scorer = story.run.settings.scorer
    return bool(scorer) and not is_set_scorer(scorer)


def thousand(story: RunStory) -> str:
    """Kept, since two steps are unpacked for it."""
    with shell.sentences():
        key = story.run.id, story.stamp
        return workspace().cached(
            "cost of a thousand", key, lambda: thousand_in_words(workspace(), story.run, story.outline)
        )
    return ""


# ---- a sentence to try


def _show_try(story: RunStory, prompts: list[Prompt]) -> None:
    free = answers_free(story)
    st.subheader("Try a text" if free else "Try a sentence", anchor=False)
    with st.form("story_try", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        hint = "A text to answer" if free else "A text to classify"
        st.text_input("Sentence", key=TEXT, placeholder=hint, label_visibility="collapsed")
        st.form_submit_button("Answer" if free else "Classify", icon=":material/send:")
    text, rows = st.session_state.get(TEXT, "").strip(), _rows(story)
    if text:
        with shell.sentences(), st.spinner("Answering …" if free else "Classifying …"):
            answers = try_text(workspace(), story.run, prompts, text, typed_keys())
            pairs = list(zip(("Starting prompt", "Best prompt"), answers, strict=False))
            labels = run_dataset(story.run.id).labels
            draw(markup().answers(pairs, labels, next((row.label for row in rows if row.text == text), "")))
    _offer_rows(rows)


def _rows(story: RunStory) -> tuple[Example, ...]:
    """Kept, since all predictions are compared for it."""
    key = story.run.id, story.stamp, story.run.status
    return workspace().cached("rows to try", key, lambda: rows_to_try(story.outline))


def _offer_rows(rows: Sequence[Example]) -> None:
    if not rows:
        return
    st.caption("Or a row that the starting prompt got wrong and the best prompt right:")
    with st.container(horizontal=True, gap="xsmall"):
        for number, row in enumerate(rows):
            st.button(
                escape_md(shortened(row.text, 70)),
                key=f"story_example_{number}",
                on_click=lambda text=row.text: st.session_state.update({TEXT: text}),
            )
