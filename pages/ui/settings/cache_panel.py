"""The replies that are kept: how many, what they saved, and how to throw them away."""

from __future__ import annotations

import streamlit as st

from pages.ui.actions import act, no_spending
from pages.ui.shell import workspace
from pages.ui.wording import bytes_in_words, count, escape_md, money


def show_cache() -> None:
    replies, locked = workspace().replies, no_spending()
    stats = replies.stats()
    if replies.problem:
        st.warning(escape_md(replies.problem), icon=":material/warning:")
    with st.grid(4, min_column_width=150):
        st.metric("Stored replies", f"{stats.entries:,}", border=True)
        st.metric("On disk", bytes_in_words(stats.bytes), border=True)
        st.metric(
            "Calls saved",
            f"{stats.hits:,}",
            border=True,
            help="Requests answered from the cache instead of by a provider.",
        )
        st.metric(
            "Money saved",
            money(stats.saved_usd) if stats.saved_usd else "$0.00",
            border=True,
            help="Where the price is known.",
        )
    st.caption(
        "No call is paid for twice: a resumed run finds its own calls here. Replies of offline models cost nothing: a run keeps "
        "its own until it ends, and they are not counted here."
    )
    active = [run for run in workspace().store.runs.all() if run.active]
    with st.popover(
        "Clear the cache",
        icon=":material/delete_sweep:",
        disabled=bool(locked) or not stats.entries,
        help=locked or None,
    ):
        st.markdown(f"Delete **{count(stats.entries, 'reply')}**?")
        st.caption("Interrupted runs, and texts classified again, would then be paid for again.")
        if active:
            st.caption(f"{count(len(active), 'run')} under way would pay again for all calls if interrupted.")
        st.button(
            "Clear for good",
            type="primary",
            key="clear_cache",
            on_click=act,
            args=(_clear, f"Cache cleared: {count(stats.entries, 'reply')} deleted."),
        )


def _clear() -> None:
    workspace().check_spendable()
    workspace().replies.clear()
