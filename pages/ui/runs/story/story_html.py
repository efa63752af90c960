"""The story's own HTML on the page, in the colours of its theme."""

from __future__ import annotations

import streamlit as st

from core.exports.story.markup import StoryMarkup
from pages.ui.charts import scheme
from pages.ui.presenter_mode import presenting

# As large as the screen lets a slide be (Streamlit's sizes are all in rem), and nothing above it.
PRESENTED = """
:root { font-size: clamp(16px, min(1.2vw, 1.9vh), 30px); }
.stAppHeader { display: none; }
.stMainBlockContainer { padding-top: 1.25rem; padding-bottom: 1rem; }
@media (min-width: 1200px) { .story .chapter { grid-template-columns: 1fr 1fr; } }
"""


@st.cache_resource(show_spinner=False)
def markup() -> StoryMarkup:
    return StoryMarkup()


def draw(html: str) -> None:
    """What `markup` made: every text in it is escaped."""
    st.html(f'<div class="story {scheme()}">{html}</div>')


def draw_style() -> None:
    """Once on a page."""
    st.html(f"<style>{markup().stylesheet}{PRESENTED if presenting() else ''}</style>")
