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

from core.services.versions.versions import version_chosen
from core.store.dataset_version import DatasetVersion
from core.types import Branch, Prompt, TextTemplate
from core.types.runs import REPLY_TOKENS
from pages.ui import shell
from pages.ui.address import turn_to
from pages.ui.navigation import go

DOUBLE_PRESS = 3.0  # seconds in which whoever comes back to the form is taken to the run
ELSEWHERE = "Just started in another tab, with the same settings: this is it. For a second one, start again."
SAME_MOMENT = 10.0  # seconds in which another tab that asks for the same is taken to it


class RecentStarts:
    """What the tabs of this dashboard have started just now: the same, asked for in a second one, is opened there. Who
    has been told so and presses again gets another."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._starts: list[tuple[float, str, object, str]] = []  # when, tab, what, and the run

    def once(self, tab: str, what: object, start_run: Callable[[], str]) -> tuple[str, bool]:
        """The run, and whether it was started now."""
        with self._lock:
            since = self._clock() - SAME_MOMENT
            self._starts = [each for each in self._starts if each[0] > since]
            alike = [(its_tab, run) for _, its_tab, its_what, run in self._starts if its_what == what]
            is_new = not alike or tab in [its_tab for its_tab, _ in alike]
            run = start_run() if is_new else alike[-1][1]
            self._starts.append((self._clock(), tab, what, run))
            return run, is_new


@dataclass(slots=True)
class Start:
    """What one button can start: `run` is empty until it has."""

    button: str = field(default_factory=lambda: "start_" + uuid.uuid4().hex)
    run: str = ""
    when: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def carry_out(self, start_run: Callable[[], str], what: object) -> None:
        """Starts the run, if that was not done yet, here or in another tab that asked for the same (`what`), and opens
        it. Raises what `start_run` raises."""
        with self.lock:
            if not self.run:
                tab = st.session_state.setdefault("tab", uuid.uuid4().hex)
                workspace = shell.workspace()
                starts = workspace.part(RecentStarts, RecentStarts, lambda starts: None)
                self.run, is_new = starts.once(tab, (workspace.person.name, what), start_run)
                self.when = time.monotonic()
                if not is_new:
                    shell.say(ELSEWHERE, ":material/tab:")
        self.open()

    def open(self) -> None:
        st.session_state["run"] = self.run
        turn_to("view", "story")
        go("runs")


@dataclass(slots=True)
class StartHere(Start):
    """Opens what it has started on the page where it was pressed, which shows it by the `address` of this name."""

    address: str = ""

    def open(self) -> None:
        turn_to(self.address, self.run)
        st.rerun()


def start_here(address: str) -> StartHere:
    """The start that the form is for; another one when it was carried out."""
    key = address + "_start"
    start: StartHere | None = st.session_state.get(key)
    if start is None or start.run:
        start = st.session_state[key] = StartHere(address=address)
    return start


def this_start() -> Start:
    """The start that the form is for; one that was just carried out opens its run instead."""
    start: Start = st.session_state.setdefault("start", Start())
    if start.run and time.monotonic() - start.when < DOUBLE_PRESS:
        start.open()
    if start.run:
        st.session_state["start"] = start = Start()
    return start


def start_on(version: DatasetVersion | None) -> None:
    """The form of the next run is set to a version of its dataset, or to the dataset as it is."""
    turn_to("version", version.id if version else "")


def open_form(version: DatasetVersion | None) -> None:
    """New run, set to that version. Whoever asks for it so soon after a start wants another run: that start is over."""
    st.session_state.pop("start", None)
    start_on(version)
    go("new run")


TAKEN = "prompt to start from"
OPENED = "prompt opened"  # in the Playground, from another page
REPLY_FIELD = "new_reply_tokens"  # the field of how long a reply may be
STARTING = "starting"  # which starting prompt the form is set to


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    """`words` say where it comes from, such as "step 3 of Run 1"; it is for the dataset it was made on, whose
    `labels` it knows, and for the lightweight `model`. `branch`: the step that it is of, or was made from;
    `locked`: the lines that its run had locked; `template`: how its text is made of several columns; `doubt`: what is
    not proven of it, a sentence."""

    dataset_id: str
    prompt: Prompt
    words: str
    model: str = ""
    labels: tuple[str, ...] = ()
    branch: Branch | None = None
    locked: tuple[str, ...] = ()
    reply_tokens: int = REPLY_TOKENS
    file_name: str = "prompt.json"
    template: TextTemplate | None = None
    doubt: str = ""


def start_from(taken: ShownPrompt, rows_of_run: bool = True) -> None:
    """To the form of a new run, which then begins with this prompt, on the version that its run went back to; without
    `rows_of_run` on the rows as they are. Not in a callback: it switches the page."""
    version = version_chosen(shell.workspace(), taken.branch.run) if rows_of_run and taken.branch else None
    st.session_state[TAKEN] = taken
    st.session_state[STARTING] = "along"
    shell.show_dataset(taken.dataset_id)
    open_form(version)


def open_in_playground(shown: ShownPrompt) -> None:
    """To the Playground, with this prompt chosen. Not in a callback: it switches the page."""
    st.session_state[OPENED] = shown
    st.session_state["whose_prompt"] = OPENED
    st.session_state["edit"] = False
    shell.show_dataset(shown.dataset_id)
    go("playground")
