"""How far a review is, how often the suggestion was right, and how long the rest takes at this pace."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import streamlit as st

from core.store.records import DatasetInfo
from pages.ui.review.decisions import MADE, TAKEN_BACK, Made
from pages.ui.wording import count

PACED, PAUSE = 20, 90.0  # decisions that the pace is taken from; seconds from which a gap is a pause


def show_progress(info: DatasetInfo, scope: object, waiting: int) -> None:
    """Of this session and of what is shown, the `scope`; the decisions themselves are stored with the rows."""
    begin(info, scope)
    made: list[Made] = st.session_state.get(MADE, [])
    st.caption(progress_in_words(made, waiting), width="content")


def begin(info: DatasetInfo, scope: object = None) -> None:
    """What was decided on another dataset, or among other rows (another filter or group), is not counted here."""
    now = (info.id, scope)
    if st.session_state.setdefault("review of", now) != now:
        st.session_state["review of"] = now
        st.session_state[MADE], st.session_state[TAKEN_BACK] = [], []


def show_bar(waiting: int) -> None:
    rows = {each.row for each in st.session_state.get(MADE, [])}
    st.progress(len(rows) / max(len(rows) + waiting, 1))


def progress_in_words(made: Sequence[Made], waiting: int) -> str:
    """12 of 41 reviewed · you agreed with the suggestion 9 of 12 · about 3 min left"""
    if not made:
        return f"{count(waiting, 'row')} to decide"
    last = {each.row: each.followed for each in made}  # a row that was decided twice is one row
    parts = [f"{len(last):,} of {len(last) + waiting:,} reviewed"]
    followed = [each for each in last.values() if each is not None]
    if followed:
        parts.append(f"you agreed with the suggestion {sum(followed):,} of {len(followed):,}")
    pace = [after.at - before.at for before, after in pairwise(made[-PACED:]) if after.at - before.at < PAUSE]
    if waiting and len(pace) >= 2:
        minutes = waiting * median(pace) / 60
        parts.append("under a minute left" if minutes < 1 else f"about {minutes:.0f} min left")
    return " · ".join(parts)
