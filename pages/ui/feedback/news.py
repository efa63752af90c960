"""Rows that feedback has brought since the last run, and when they are enough for another: how much it would
gain, and the way there."""

from __future__ import annotations

import streamlit as st

from core.services.feedback import enough_to_tune, news_since_tuning, settings_to_retune
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.navigation import go
from pages.ui.new_run.headroom import show_headroom
from pages.ui.run_start import ShownPrompt, start_from
from pages.ui.wording import count


def suggest_tuning(info: DatasetInfo) -> None:
    """The room there is, the models must tell: what asking them may cost is said first."""
    workspace = shell.workspace()
    news = news_since_tuning(workspace, info.id)
    if not news:
        return
    came = count(news, "row") + (" has" if news == 1 else " have")
    since = (
        "since the last run" if workspace.store.runs.all(info.id) else "and no run has learned from them yet"
    )
    if not enough_to_tune(news, info.rows):
        st.caption(f":material/trending_up: {came} come from feedback {since}.")
        return
    settings = settings_to_retune(workspace, info.id)
    with st.expander(
        f"Tune again? {came} come from feedback {since}.",
        icon=":material/trending_up:",
        expanded=True,
        key="retune",
    ):
        show_headroom(info, settings)
        if st.button("Set up a run", icon=":material/play_circle:", key="retune_run"):
            if settings.start is not None:
                shown = ShownPrompt(
                    info.id, settings.start, "the champion", branch=settings.branch, locked=settings.locked
                )
                start_from(shown, rows_of_run=False)
            else:
                go("new run")
