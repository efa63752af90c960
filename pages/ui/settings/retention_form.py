"""For how many days something is kept: said in a line, changed beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pages.ui import shell
from pages.ui.actions import READ_ONLY, act
from pages.ui.wording import count, escape_md


@dataclass(frozen=True, slots=True)
class RetentionForm:
    """`days`: None for ever. `key` begins those of the widgets, `sentence` the line, `title` names the field, `thing` is one
    of what is kept. `older` counts what so many days would take away, `how` says in what way, `stays` what stays in any
    case. `save` returns how many went, in words; "" where none did."""

    key: str
    days: int | None
    sentence: str
    title: str
    thing: str
    older: Callable[[int], int]
    how: str
    stays: str
    save: Callable[[int | None], str]


def show_retention_form(kept: RetentionForm) -> None:
    locked = shell.workspace().read_only
    st.caption(f"{kept.sentence} {days_in_words(kept.days)}.", width="content")
    with st.popover(
        "Change",
        type="tertiary",
        key=kept.key + "_keep",
        disabled=locked,
        help=READ_ONLY if locked else None,
        on_change="rerun",  # so that saving can close it
    ):
        _choose(kept)


def days_in_words(days: int | None) -> str:
    return "for ever" if days is None else f"for {count(days, 'day')}"


def _choose(kept: RetentionForm) -> None:
    key = kept.key + "_days"
    if key not in st.session_state:
        st.session_state[key] = kept.days
    wanted = st.number_input(
        kept.title,
        1,
        36_500,
        key=key,
        value=None,
        step=1,
        placeholder="for ever",
        help="In this workspace, whatever the dataset. Empty: for ever.",
    )
    old = 0
    if wanted is not None:
        old = kept.older(int(wanted))
        st.caption(_outcome(kept, old))
        st.caption(kept.stays)
    st.button(
        f"Save and delete {count(old, kept.thing)}" if old else "Save",
        key=kept.key + "_save",
        type="primary",
        on_click=act,
        args=(partial(_save, kept, wanted),),
    )


def _outcome(kept: RetentionForm, old: int) -> str:
    how = escape_md(kept.how)
    if not old:
        return (
            f"Nothing is older than that, so nothing is deleted now. Later, what gets older is deleted {how}."
        )
    return f"**{count(old, kept.thing)}** older than that will be deleted at once, {how}; later also what gets older."


def _save(kept: RetentionForm, seen: int | None) -> None:
    """Not where more would go than the button said: a number can be typed and the button pressed in one go."""
    wanted = st.session_state.get(kept.key + "_days")
    if wanted is not None and wanted != seen and kept.older(int(wanted)):
        return
    gone = kept.save(None if wanted is None else int(wanted))
    shell.say(" ".join(filter(None, (f"Kept {days_in_words(wanted)} from now on.", gone))))
    st.session_state[kept.key + "_keep"] = False
