"""The keys of the providers: which are there, never their text; one typed for this session; models opened
with both."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.errors import UsageError, WhetstoneError
from core.llm.connections import ModelContext
from core.llm.providers.access import check_key
from core.llm.providers.provider import Access, Provider
from core.llm.providers.registry import accesses, key_owners
from core.tuning.session import Session
from core.types import Settings
from pages.ui.actions import act, no_spending
from pages.ui.shell import secrets, workspace
from pages.ui.wording import escape_md, on_page

TYPED, STORED, ENVIRONMENT, MISSING, NEEDLESS = (
    "typed, this session",
    "in secrets.toml",
    "in the environment",
    "missing",
    "not needed",
)
STATES = {TYPED: "#0F6E6E", STORED: "#0F6E6E", ENVIRONMENT: "#0F6E6E", MISSING: "#5F6B70"}


def typed_keys() -> Mapping[str, str]:
    """By variable. They are in this session's memory only."""
    return st.session_state.get("typed_keys", {})


def session(settings: Settings) -> Session:
    """Both models, with the keys of this session. Raises UsageError for one that cannot be opened."""
    return workspace().session(settings, keys=typed_keys())


def shared() -> ModelContext:
    """The rules, prices and limits that models of this session are opened with. Raises UsageError where the
    user's files are wrong."""
    return workspace().model_context(typed_keys())


def own_endpoints() -> tuple[Provider, ...]:
    """Those of the workspace's models.toml; none where it is wrong, which is said where it is edited."""
    try:
        return shared().profiles.endpoints
    except WhetstoneError:
        return ()


def show_keys() -> None:
    together = ChainMap(dict(typed_keys()), workspace().environment)
    entries = accesses(together, own_endpoints())
    st.dataframe(
        keys_table(entries),
        hide_index=True,
        height="content",
        alt="Providers with the state of their keys",
        column_config={
            "Provider": st.column_config.TextColumn(width=85),
            "Key": st.column_config.TextColumn(width=205),
            "State": st.column_config.MultiselectColumn(
                width=135, options=list(STATES), color=list(STATES.values())
            ),
            "Calls go to": st.column_config.TextColumn(width=240),
        },
    )
    for problem in dict.fromkeys(each.problem for each in entries if each.problem):
        st.error(escape_md(problem), icon=":material/error:")
    broken = [path for path in st.get_option("secrets.files") if os.path.isfile(path)]
    if broken and not st.secrets.load_if_toml_exists():
        unread = f"{broken[0]} cannot be read, so no key in it counts: correct it, then start again."
        st.warning(escape_md(unread), icon=":material/warning:")


def keys_table(entries: tuple[Access, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Provider": [
                each.provider.title for each in entries
            ],  # endpoints by the name that models begin with
            "Key": [each.variable or "needs none" for each in entries],
            "State": [[state] if (state := _state(each)) in STATES else [] for each in entries],
            "Calls go to": [_address(each) for each in entries],
        }
    )


def _address(access: Access) -> str:
    """Of https only the server: the path would be cut."""
    address, secure = access.address, access.address.removeprefix("https://")
    return (address if address == secure else secure.partition("/")[0]) or (
        "–" if access.problem else f"set {access.address_variable}"
    )


def _state(access: Access) -> str:
    if access.variable and access.variable in typed_keys():
        return TYPED
    if access.present:
        return STORED if access.variable in secrets() else ENVIRONMENT
    return MISSING if access.provider.needs_key else NEEDLESS


def type_key() -> None:
    """A key for this session, and the way to forget it."""
    locked, owners = no_spending(), key_owners(own_endpoints())
    with st.form("type_key", border=False):
        line = st.container(horizontal=True, vertical_alignment="bottom")
        line.selectbox(
            "Type a key for",
            list(owners),
            format_func=lambda variable: owners[variable].title,
            key="typing_for",
            disabled=bool(locked),
            width=160,
        )
        line.text_input(
            "Key",
            type="password",
            key="typing_key",
            autocomplete="off",
            disabled=bool(locked),
            placeholder="for this session only",
            width=260,
        )
        line.form_submit_button("Use it", disabled=bool(locked), on_click=act, args=(_take,))
    if locked:
        st.caption(locked)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "It stays in memory, for this browser session and the runs that it starts; it is never stored, logged or shown."
        )
        if typed_keys():
            st.button(
                "Forget",
                icon=":material/key_off:",
                key="forget_keys",
                on_click=act,
                args=(_forget, "Typed keys are forgotten."),
            )


def _take() -> None:
    variable, key = st.session_state["typing_for"], st.session_state["typing_key"].strip()
    st.session_state["typing_key"] = ""
    if not key and variable in typed_keys():  # pressed twice
        return
    if not key:
        raise UsageError("Type the key first.")
    if (owner := key_owners(own_endpoints()).get(variable)) is not None:
        check_key(key, variable, owner.title)  # refused in a sentence where it cannot be one
        st.session_state["typed_keys"] = {**typed_keys(), variable: key}


def _forget() -> None:
    st.session_state.pop("typed_keys", None)


def problem_of(settings: Settings) -> str:
    """Why these models cannot be called, or not under these caps, in a sentence; else empty."""
    try:
        session(settings)
    except WhetstoneError as problem:
        return on_page(str(problem))
    return ""
