"""What a button does: carried out in its callback, and if it cannot be, the page says why in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

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


def finish_callbacks() -> None:
    """From now on a callback runs to its end, whoever presses next or closes the page.

    Streamlit (1.67) looks for a newer press at each word to it, `st.session_state` included, and leaves off there. That is
    right for what only draws. Half of a callback, though, is a decision that is stored and not shown, or shown and not
    stored. What waits is found at the next word after it. None of this is in Streamlit's documented interface: a release that
    has moved it behaves as it would without us."""
    try:
        from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequest, ScriptRequests
        from streamlit.runtime.scriptrunner_utils.script_run_context import RunLocation, ThreadState
    except ImportError:
        return
    if hasattr(ScriptRequests.on_scriptrunner_yield, "__wrapped__"):
        return
    look = ScriptRequests.on_scriptrunner_yield

    @wraps(look)
    def look_later(requests: ScriptRequests) -> ScriptRequest | None:
        return None if ThreadState.get().run_location is RunLocation.CALLBACK else look(requests)

    ScriptRequests.on_scriptrunner_yield = look_later


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
