"""Sign-in, where .streamlit/secrets.toml has [auth]: who sits here, the page before it, the way out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import UsageError
from core.http.sign_in_outcome import FAILED, OUTCOME, REFUSED, UNREACHABLE
from core.services.sign_in import SignIn, person_of, read_sign_in
from core.types.people import NOBODY, Person, Role
from pages.ui.wording import escape_md

OUTCOMES = {
    FAILED: "Signing in did not work: it took too long, or its page was opened twice. Sign in again.",
    REFUSED: "The provider did not let you sign in: sign in again, or ask whoever runs this Whetstone.",
    UNREACHABLE: "The sign-in provider cannot be reached: try again in a moment, or ask whoever runs this Whetstone.",
}
MAY = {
    Role.VIEWER: "Viewer: may look.",
    Role.EDITOR: "Editor: may look, and change rows, labels and prompts.",
    Role.SPENDER: "Spender: may do everything, also what costs money.",
}


@dataclass(frozen=True, slots=True)
class SignInState:
    """`settings` is None where nobody needs to sign in; `problem`: why nobody can, in a sentence."""

    settings: SignIn | None = None
    problem: str = ""


@st.cache_resource(show_spinner=False)
def sign_in_state() -> SignInState:
    """As it was when Whetstone started."""
    try:
        if not st.secrets.load_if_toml_exists():
            _refuse_unread()
            return SignInState(read_sign_in(os.environ, {}))
        return SignInState(read_sign_in(os.environ, st.secrets.to_dict()))
    except UsageError as problem:
        return SignInState(problem=str(problem))


def _refuse_unread() -> None:
    """UsageError for secrets that cannot be read and may be about sign-in: without it all would be let in."""
    for path in map(Path, st.get_option("secrets.files")):
        if path.is_file() and b"[auth" in path.read_bytes():
            raise UsageError(f"{path} cannot be read, so nobody can sign in: correct it, then start again.")


def person() -> Person:
    """Who sits here. UsageError where that is nobody who may look."""
    state = sign_in_state()
    if state.problem:
        raise UsageError(state.problem)
    if state.settings is None:
        return NOBODY
    if not st.user.get("is_logged_in"):
        raise UsageError("Nobody is signed in: load the page again.")
    return person_of(st.user.to_dict(), state.settings.roles)


def require_sign_in() -> None:
    """Ends the script, with what to do on screen, where nobody is signed in who may look."""
    state = sign_in_state()
    if state.settings is None and not state.problem:
        return
    try:
        person()
    except UsageError as reason:
        with st.container(width=560):
            st.title("Whetstone", anchor=False)
            _show_door(state, str(reason))
        st.stop()
    st.query_params.pop(OUTCOME, None)


def _show_door(state: SignInState, reason: str) -> None:
    if state.settings is None:
        st.error(escape_md(reason), icon=":material/error:")
        return
    if st.user.get("is_logged_in"):
        st.error(escape_md(reason), icon=":material/lock:")
        st.button("Sign out", icon=":material/logout:", key="sign_out", on_click=st.logout)
        return
    outcome = OUTCOMES.get(st.query_params.get(OUTCOME, ""))
    if outcome:
        st.warning(outcome, icon=":material/warning:")
    st.caption("Sign in to look at this workspace.")
    for name in state.settings.providers:
        label = f"Sign in with {escape_md(name)}" if name else "Sign in"
        if st.button(label, type="primary", icon=":material/login:", key="sign_in " + name):
            try:
                st.login(name or None)
            except st.errors.StreamlitMissingAuthlibError:
                st.error("Sign-in needs Authlib: pip install “streamlit[auth]”, then start again.")


def show_person() -> None:
    """In the sidebar: as whom, with what rights, and the way out. Nothing where nobody signs in."""
    who = person()
    if who == NOBODY:
        return
    with st.sidebar:
        st.text(f"{who.name} · {who.role}", help=MAY[who.role])
        st.button("Sign out", icon=":material/logout:", type="tertiary", key="sign_out", on_click=st.logout)
