"""How far a review is, and how often the suggestion was right."""

from __future__ import annotations

import streamlit as st

from app_pages.ui.review_deciding import MADE
from app_pages.ui.words import count
from core.state.records import DatasetInfo


def show_progress(info: DatasetInfo, waiting: int) -> None:
    """Of this session; the decisions themselves are stored with the rows."""
    made = st.session_state.get(MADE, [])
    if st.session_state.setdefault("review of", info.id) != info.id:
        st.session_state["review of"] = info.id
        made = st.session_state[MADE] = []
    parts = [f"{count(waiting, 'label')} in doubt"]
    if made:
        followed = sum(each for _, each in made)
        parts += [f"{len(made):,} decided", f"the suggestion was right {followed:,} of {len(made):,} times"]
    st.caption(" · ".join(parts), width="content")
    if made and waiting:
        st.progress(len(made) / (len(made) + waiting), width=220)
