"""Choosing a model: the known names, any other typed in, and a sentence where it cannot be called or is none."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.errors import WhetstoneError
from core.models.profiles import DEFAULTS
from core.types import Settings
from app_pages.ui.shell import workspace
from app_pages.ui.words import escape_md

OFFLINE = {"lightweight": "offline:reader", "heavyweight": "offline:editor"}
OFFLINE_WORDS = {
    "offline:reader": "No language model: it matches words by what the prompt says of each label. Needs no key, costs nothing.",
    "offline:editor": "No language model: it writes rules from word counts in the mistakes. Needs no key, costs nothing.",
}


def known_models(role: str, more: tuple[str, ...] = ()) -> list[str]:
    """Names to offer, `more` first."""
    return list(dict.fromkeys((*(name for name in more if name), OFFLINE[role], *DEFAULTS[role])))


def choose_model(label: str, role: str, key: str, more: tuple[str, ...] = (), help: str | None = None) -> str:
    """The name as chosen or typed, "provider:model"; beneath it what there is to know before calling it."""
    name = st.selectbox(
        label, known_models(role, more), key=key, accept_new_options=True, persist_state="session", help=help,
        placeholder="provider:model",
    )
    name = (name or OFFLINE[role]).strip()
    problem = model_problem(name, role)
    if problem:
        st.caption(":red[:material/error:] " + escape_md(problem))
    elif name in OFFLINE_WORDS:
        st.caption(":material/info: " + OFFLINE_WORDS[name])
    return name


def model_problem(name: str, role: str) -> str:
    """Why the model cannot be called (a missing key, a name that is none), in a sentence; else empty."""
    try:
        workspace().crew(replace(Settings(), **{role: name}))
    except WhetstoneError as problem:
        return str(problem)
    return ""
