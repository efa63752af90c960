"""For how many days something is kept: said in a line, changed beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pages.ui import shell
from pages.ui.actions import READ_ONLY, act
from pages.ui.wording import count


@dataclass(frozen=True, slots=True)
class RetentionForm:
    """`days`: None for ever. `key` begins those of the widgets, `sentence` the line, `title` names the field. `will_go` says
    what so many days would take away, `stays` what stays in any case. `save` returns the notice."""

    key: str
    days: int | None
    sentence: str
    title: str
    will_go: Callable[[int], str]
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
    if wanted is not None:
        st.caption(kept.will_go(int(wanted)))
    st.caption(kept.stays)
    st.button(
        "Save and delete" if wanted is not None else "Save",
        key=kept.key + "_save",
        type="primary",
        on_click=act,
        args=(partial(_save, kept),),
    )


def _save(kept: RetentionForm) -> None:
    wanted = st.session_state.get(kept.key + "_days")
    shell.say(kept.save(None if wanted is None else int(wanted)))
