"""One press, one run. A second press is drawn in a thread of its own while the first is still being carried
out (Streamlit's fast reruns), and the first is then cut off at its next touch of the session state: so a
start is an object that both know."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from core.types import Prompt
from pages.ui import shell
from pages.ui.navigation import go
from pages.ui.prompts import show_prompt
from pages.ui.wording import escape_md

DOUBLE_PRESS = 3.0  # seconds in which whoever comes back to the form is taken to the run


@dataclass(slots=True)
class Start:
    """What one button can start: `run` is empty until it has."""

    button: str = field(default_factory=lambda: "start_" + uuid.uuid4().hex)
    run: str = ""
    when: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def carry_out(self, start_run: Callable[[], str]) -> None:
        """Starts the run, if that was not done yet, and opens it. Raises what `start_run` raises."""
        with self.lock:
            if not self.run:
                self.run, self.when = start_run(), time.monotonic()
        self.open()

    def open(self) -> None:
        st.session_state["run"] = self.run
        go("runs")


def this_start() -> Start:
    """The start that the form is for; one that was just carried out opens its run instead."""
    start: Start = st.session_state.setdefault("start", Start())
    if start.run and time.monotonic() - start.when < DOUBLE_PRESS:
        start.open()
    if start.run:
        st.session_state["start"] = start = Start()
    return start


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
