"""The first line of the story: the run's score as a pair of bars and in words."""

from __future__ import annotations

import streamlit as st

from core.exports.report.headline import GOOD, NOT_CALLED, headline_of
from core.exports.story.chapters import why_in_words
from core.exports.story.score import score_of
from core.store.records import RunStatus
from pages.ui.presenter_mode import leave, present, presenting
from pages.ui.runs.objective import show_drawback
from pages.ui.runs.story.last_card import ANCHOR, answers_free, thousand
from pages.ui.runs.story.run_story import RunStory, chapter_of_step
from pages.ui.runs.story.story_html import draw, markup
from pages.ui.wording import escape_md


def show_score(story: RunStory) -> None:
    score, headline = score_of(story.outline), headline_of(story.outline)
    if not presenting():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(headline.title, anchor=False, width="stretch")
            offer_presenting()
    if score.bars:
        cost = thousand(story)
        what = "answers" if answers_free(story) else "classifications"
        words = f"A thousand {what} cost {cost}." if cost else ""
        draw(markup().score(score, headline.tone, _why(story), words))
        measured = escape_md(f"Measured on {score.rows}. Judged by {score.objective}.")
        st.caption(measured if presenting() else f"{measured} [See the best prompt](#{ANCHOR})")
    show_drawback(story.run)
    if headline.tone != GOOD and (presenting() or story.run.status is RunStatus.FINISHED):
        # the first repeats what stands beside the bars; of scored answers it says, too, why they are not better
        why = story.run.settings.scorer and headline.title.endswith(NOT_CALLED)
        known = 1 if score.moves and not why else 0
        st.markdown(escape_md(" ".join(headline.sentences[known:])))


def _why(story: RunStory) -> str:
    most = story.brought_most if story.best else 0
    return why_in_words(chapter_of_step(story, most)) if most else ""


def offer_presenting() -> None:
    st.button(
        "Present",
        key="present",
        icon=":material/slideshow:",
        on_click=present,
        help="The story alone on the screen: arrow keys go from step to step, the space bar plays it.",
    )


def show_title(story: RunStory) -> None:
    """Of presenter mode, with the way out of it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        words = f"{story.dataset}: {headline_of(story.outline).title.lower()}"
        st.subheader(escape_md(words), anchor=False, width="stretch")
        st.button("Close", key="leave_presenting", icon=":material/close:", shortcut="Esc", on_click=leave)
