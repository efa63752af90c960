"""Adopting a prompt, with the sentence that the history keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.services.champions import adopt_prompt
from core.store.runs.champions import LONGEST_WHY
from core.types import Branch, Prompt
from pages.ui.actions import act
from pages.ui.shell import workspace
from pages.ui.wording import escape_md

USE = "The Playground, the HTTP API and exports then use this prompt, until another one is adopted."
USED_BY = "The Playground, the HTTP API and exports use it."
DONE = f"{USED_BY} The way back: Champion, where the button was."
WHY = "Why (optional)"
WHY_HELP = "A sentence for the history of champions: who adopted what, when and why."


@dataclass(frozen=True, slots=True)
class Adoptable:
    """A prompt that could be adopted; `words` name it in a sentence. `key` tells several on one page apart."""

    dataset_id: str
    prompt: Prompt
    model: str
    branch: Branch | None
    words: str
    key: str = ""


def ask_why(key: str) -> Callable[[], str]:
    """A field for the reason; what is in it is read when the button beside it was pressed."""
    name = "why" + key
    st.text_input(
        WHY,
        key=name,
        max_chars=LONGEST_WHY,
        help=WHY_HELP,
        placeholder="such as: fewer mistakes on rare labels",
    )
    return lambda: st.session_state.get(name, "")


def offer_adoption(wanted: Adoptable, use: str = USE, warning: str = "") -> None:
    """A button that asks for the reason first. `use` says what adopting does; `warning`: what speaks against it."""
    with st.popover("Adopt as champion", icon=":material/trophy:"):
        st.caption(use)  # no hover text of the button: it lies over what opens here
        if warning:
            st.warning(escape_md(warning), icon=":material/trending_down:")
        why = ask_why(wanted.key)
        st.button(
            "Adopt",
            icon=":material/trophy:",
            key="adopt" + wanted.key,
            type="primary",
            on_click=act,
            args=(lambda: adopt(wanted, why()), f"The prompt of {wanted.words} is now the champion. {DONE}"),
        )


def adopt(wanted: Adoptable, why: str) -> None:
    adopt_prompt(workspace(), wanted.dataset_id, wanted.prompt, wanted.model, wanted.branch, why)
