"""The story's own HTML on the page, in the colours of its theme."""

from __future__ import annotations

import streamlit as st

from core.exports.story.markup import StoryMarkup


@st.cache_resource(show_spinner=False)
def markup() -> StoryMarkup:
    return StoryMarkup()


def draw(html: str) -> None:
    """What `markup` made: every text in it is escaped."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.html(f'<div class="story {theme}">{html}</div>')


def draw_style() -> None:
    """Once on a page."""
    st.html(f"<style>{markup().stylesheet}</style>")
