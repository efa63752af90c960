"""The replies that are kept: how many, what they saved, and how to throw them away."""

from __future__ import annotations

import streamlit as st

from pages.ui.actions import act, no_spending
from pages.ui.shell import workspace
from pages.ui.wording import count, escape_md, money, size


def show_cache() -> None:
    replies, locked = workspace().replies, no_spending()
    stats = replies.stats()
    if replies.problem:
        st.warning(escape_md(replies.problem), icon=":material/warning:")
    with st.grid(4, min_column_width=150):
        st.metric("Replies kept", f"{stats.entries:,}", border=True)
        st.metric("On disk", size(stats.bytes), border=True)
        st.metric(
            "Calls saved",
            f"{stats.hits:,}",
            border=True,
            help="Requests answered from here instead of by a provider.",
        )
        st.metric(
            "Money saved",
            money(stats.saved_usd) if stats.saved_usd else "$0.00",
            border=True,
            help="Where the price is known.",
        )
    st.caption(
        "No call is ever paid twice: a resumed run replays its own calls from here. Offline models answer at once and are not kept."
    )
    active = [run for run in workspace().store.runs.all() if run.active]
    with st.popover(
        "Clear the cache",
        icon=":material/delete_sweep:",
        disabled=bool(locked) or not stats.entries,
        help=locked or None,
    ):
        st.markdown(f"Throw away **{count(stats.entries, 'reply')}**?")
        st.caption("Runs that were interrupted, and texts that are asked again, would then be paid anew.")
        if active:
            st.caption(
                f"{count(len(active), 'run')} under way would have to pay again for all calls, were it interrupted."
            )
        st.button(
            "Clear it, for good",
            type="primary",
            key="clear_cache",
            on_click=act,
            args=(_clear, f"The cache is empty: {count(stats.entries, 'reply')} thrown away."),
        )


def _clear() -> None:
    workspace().check_spendable()
    workspace().replies.clear()
