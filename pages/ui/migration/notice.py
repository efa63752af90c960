"""When the model of the champion stops answering, where that is soon or past."""

from __future__ import annotations

from datetime import date

import streamlit as st

from core.llm.catalogue.model_list import list_model
from core.services.migration.end_dates import ending_of, ending_words
from core.store.records import Champion
from pages.ui.keys import shared
from pages.ui.models import price_in_words
from pages.ui.navigation import go
from pages.ui.wording import escape_md

UNKNOWN = "no end date is known"


def show_ending(champion: Champion | None) -> None:
    """On the Overview: a line with the way to the successors."""
    entry = ending_of(champion.model, shared(), date.today()) if champion else None
    if entry is None:
        return
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        with st.container(width=640, gap="xsmall"):
            st.markdown(
                f":{'red' if entry.retired else 'orange'}[:material/event_busy:] **{escape_md(ending_words(entry))}**"
            )
            st.caption("The champion uses it. See what other models make of its prompt, and change in time.")
        if st.button("Compare other models", icon=":material/move_up:", key="to_migration"):
            go("migration")


def show_model_in_use(champion: Champion) -> None:
    rules = shared()
    entry = list_model(champion.model, rules.profiles, rules.prices, date.today())
    words = ending_words(entry)
    if entry.retired or entry.ends_soon:
        st.warning(escape_md(words + "."), icon=":material/event_busy:")
    facts = [UNKNOWN] if not words else [] if entry.retired or entry.ends_soon else [words]
    st.caption(escape_md(" · ".join([f"In use: {champion.model}", price_in_words(entry), *facts])))
