"""Rows that feedback has brought since the last run, and when they are enough for another one."""

from __future__ import annotations

import streamlit as st

from app_pages.ui import shell
from app_pages.ui.words import count
from core.desks.feedback import enough_to_tune, news_since_tuning
from core.state.records import DatasetInfo


def suggest_tuning(info: DatasetInfo) -> None:
    """How much room there is, the check on the New run page tells: it needs the models, and may cost something."""
    news = news_since_tuning(shell.workspace(), info.id)
    if not news:
        return
    came = count(news, "row") + (" has" if news == 1 else " have")
    since = "since the last run" if shell.workspace().store.runs.all(info.id) else "and no run has learned from them yet"
    if not enough_to_tune(news, info.rows):
        st.caption(f":material/trending_up: {came} come from feedback {since}.")
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="retune"):
        with st.container(width=640, gap="xsmall"):
            st.markdown("**Tune again?**")
            st.caption(f"{came} come from feedback {since}. The check on the New run page says how much there is to gain before you start.")
        if st.button("Check the headroom", icon=":material/straighten:", key="retune_check"):
            shell.go("new run")
