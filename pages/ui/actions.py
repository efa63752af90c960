"""What a button does: carried out in its callback, and if it cannot be, the page says why in one sentence."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import UsageError, WhetstoneError
from pages.ui.shell import say, show_notice, workspace
from pages.ui.wording import escape_md, on_page

READ_ONLY = "Shown read-only: nothing can be changed or spent."


def act(action: Callable[[], object], done: str = "", where: str = "problem") -> None:
    """For `on_click`: does it, and leaves a notice or the sentence of the error for the next drawing of the
    page, to be shown `where`."""
    try:
        action()
    except WhetstoneError as problem:
        st.session_state[where] = str(problem)
    else:
        if done:
            say(done)


def who() -> str:
    """The name of whoever is signed in, for the history; empty where nobody needs to."""
    return workspace().person.name


def no_spending() -> str:
    """Why whoever sits here may not spend money, in a sentence; empty where they may."""
    try:
        workspace().check_spendable()
    except UsageError as reason:
        return READ_ONLY if workspace().read_only else str(reason)
    return ""


def show_outcome() -> None:
    """What the last button left to say."""
    show_notice()
    show_problem()


def show_problem(where: str = "problem") -> None:
    """The sentence of the error, beside what was pressed."""
    if where in st.session_state:
        st.error(escape_md(on_page(st.session_state.pop(where))), icon=":material/error:")
