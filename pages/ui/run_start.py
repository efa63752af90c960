"""A prompt to begin a new run with: taken along from another page, shown on the form, and given back if it is
not wanted."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.types import Prompt
from pages.ui import shell
from pages.ui.navigation import go
from pages.ui.prompts import show_prompt
from pages.ui.words import escape_md

TAKEN = "prompt to start from"


@dataclass(frozen=True, slots=True)
class Taken:
    """`words` say where it comes from; it is for the dataset it was made on."""

    dataset_id: str
    prompt: Prompt
    words: str


def start_from(dataset_id: str, prompt: Prompt, words: str) -> None:
    """To the form of a new run, which then begins with this prompt. Not in a callback: it switches the
    page."""
    st.session_state[TAKEN] = Taken(dataset_id, prompt, words)
    shell.show_dataset(dataset_id)
    go("new run")


def chosen_start(dataset_id: str) -> Prompt | None:
    """For the form: the prompt that was taken along, if one was, with the way to leave it; None for the usual
    start."""
    taken: Taken | None = st.session_state.get(TAKEN)
    if taken is None or taken.dataset_id != dataset_id:
        return None
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(":material/start: It begins with " + escape_md(taken.words) + ".")
            st.button(
                "Begin as usual",
                key="usual_start",
                type="tertiary",
                on_click=lambda: st.session_state.pop(TAKEN, None),
            )
        with st.expander("The prompt"):
            show_prompt(taken.prompt)
    return taken.prompt
