"""What every page stands on: the workspace, the chosen dataset, the notice after a change, and the state for
"nothing here yet"."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from core.errors import WhetstoneError
from core.exports.report.palette import label_colors
from core.services.serving.webhook_sender import wake_sender
from core.store.records import DatasetInfo
from core.workspace import Workspace
from pages.ui.address import addressed, keep_dataset, linked_dataset, turn_to
from pages.ui.navigation import PRESENT
from pages.ui.sign_in import person
from pages.ui.wording import count, escape_md, on_page

P = ParamSpec("P")

# Our own files: Streamlit fetches Material page icons from the network.
ICON, LOGO = (str(Path(__file__).with_name(name)) for name in ("icon.svg", "logo.svg"))

WITH_PAGE = ContextVar("whether a fragment is drawn as a part of the page", default=True)

# Where Streamlit puts notices, at the top right, they cover the buttons that are pressed next. In the dark, the
# primary colour is made for white words on buttons: as the colour of a chosen word it is too dim. Keys on
# buttons and links in captions would be too faint. Where both buttons of a number are dead, since none is typed yet,
# the field looks like what it is, one to type into.
# Of a button that is a mere sign (its key begins with `sign_`) a screen reader reads the word.
STYLE = """<style>
.stToastContainer {top: auto !important; bottom: 1rem; right: auto; left: 0; pointer-events: none}
.stToastContainer button {pointer-events: auto}
[data-testid=stButtonGroup] [data-selected=true] p, [data-testid=stTab][aria-selected=true] p {color: light-dark(#0F6E6E, #6CCBC4)}
[data-testid=stBaseButton-primary] kbd {opacity: 1; color: inherit}
[data-testid=stCaptionContainer]:has(a) {opacity: 1}
[data-testid=stNumberInputContainer]:not(:has(button:enabled)) [data-testid^=stNumberInputStep] {display: none}
[class*=st-key-sign_] button [data-testid=stMarkdownContainer] {position: absolute; width: 1px; overflow: hidden; clip-path: inset(50%)}
</style>"""
# Our own code, without any data in it: what `escape_md` puts into an address to keep it text is not copied with it.
COPIED = """<div></div><style>.st-key-copied {display: none}</style><script>
if (!window.whetstoneCopied) {
  window.whetstoneCopied = true;
  document.addEventListener('copy', event => {
    const text = String(getSelection());
    if (!text.includes('\\u2060')) return;
    event.clipboardData.setData('text/plain', text.replaceAll('\\u2060', ''));
    event.preventDefault();
  });
}
</script>"""


@st.cache_resource(show_spinner=False, on_release=Workspace.close)
def shared_workspace() -> Workspace:
    """The one workspace of this process. Runs of a process that has died are marked interrupted when it
    opens."""
    opened = Workspace.open(environment=ChainMap(os.environ, secrets()))
    if not opened.read_only:
        opened.store.leases.mark_interrupted()
        wake_sender(opened)
    return opened


def workspace() -> Workspace:
    """With the rights of whoever sits here. UsageError where that is nobody who may look."""
    return shared_workspace().seen_by(person())


def secrets() -> dict[str, str]:
    """The texts in .streamlit/secrets.toml; nothing where there is no such file, or none that can be read."""
    if not st.secrets.load_if_toml_exists():
        return {}
    return {name: value for name, value in st.secrets.to_dict().items() if isinstance(value, str)}


def turn_page(path: str) -> None:
    """For each drawing, with the page's address: `just_came` tells whether another page was drawn before."""
    st.session_state["came"] = st.session_state.get("page drawn") != path
    st.session_state["page drawn"] = path


def just_came() -> bool:
    return bool(st.session_state.get("came"))


def choose_dataset() -> None:
    """The sidebar's choice, kept in the address (`?dataset=…`); a session that names none begins with the newest, which
    is what was imported last. The address says which even so: another may come."""
    datasets = {info.id: info for info in workspace().store.datasets.all()}
    if datasets:
        if linked := linked_dataset(workspace().store, datasets):
            turn_to("dataset", linked)
        addressed("dataset", list(datasets), next(reversed(datasets)), always=True)
    if st.query_params.get(PRESENT) == "1":
        return
    with st.sidebar:
        with st.container(key="copied"):
            st.html(COPIED, unsafe_allow_javascript=True)
        if shared_workspace().read_only:
            st.badge("Read-only", icon=":material/visibility:", color="gray")
        if datasets:
            st.selectbox(
                "Dataset",
                list(datasets),
                key="dataset",
                on_change=keep_dataset,
                format_func=lambda identity: (
                    f"{datasets[identity].name} ({count(datasets[identity].rows, 'row')})"
                ),
            )


def show_cache_problem() -> None:
    """Below all in the sidebar, once the page has used the cache: a reply that is not kept is paid again."""
    problem = shared_workspace().cache_problem
    if problem and st.query_params.get(PRESENT) != "1":
        st.sidebar.warning(escape_md(problem), icon=":material/warning:")


def dataset() -> DatasetInfo | None:
    """The dataset chosen in the sidebar; None while there is none."""
    datasets = workspace().store.datasets.all()
    chosen = st.session_state.get("dataset")
    return next((info for info in datasets if info.id == chosen), datasets[-1] if datasets else None)


def colors_of(labels: Sequence[str]) -> dict[str, str]:
    """Of labels of the chosen dataset."""
    here = dataset()
    return label_colors(labels, here.labels.good if here else "")


def show_dataset(dataset_id: str) -> None:
    """Chooses a dataset for the next time that the sidebar is drawn: switch the page or rerun after it."""
    keep_dataset()
    turn_to("dataset", dataset_id)


def nothing_yet(title: str, what_to_do: str, button: str, action: Callable[[], None], key: str) -> None:
    """The empty state of a page: says what to do next, with the button that does it."""
    with st.container(border=True, width=640):
        st.subheader(title, anchor=False)
        st.caption(what_to_do)
        if st.button(button, type="primary", key=key):
            action()


@contextmanager
def sentences() -> Iterator[None]:
    """Errors that are meant for people become one sentence on the page instead of a traceback."""
    try:
        yield
    except WhetstoneError as problem:
        st.error(escape_md(on_page(str(problem))), icon=":material/error:")


def say(sentence: str, icon: str = ":material/check_circle:") -> None:
    """A notice that outlives the rerun it is said in."""
    st.session_state["said"] = (sentence, icon)


def show_notice() -> None:
    if "said" in st.session_state:
        sentence, icon = st.session_state.pop("said")
        st.toast(escape_md(sentence), icon=icon)


def fragment(draw: Callable[P, object], every: float | None = None) -> Callable[P, object]:
    """A part of a page that is drawn again by itself, `every` so many seconds if given. What goes wrong then (a database
    that is away) is a sentence in its place."""
    with_page = True

    @wraps(draw)
    def drawn(*given: P.args, **named: P.kwargs) -> None:
        nonlocal with_page
        token, with_page = WITH_PAGE.set(with_page), False
        try:
            with sentences():
                draw(*given, **named)
        finally:
            WITH_PAGE.reset(token)

    return st.fragment(drawn, run_every=every)


def redraw_page() -> None:
    """For a fragment that has found the page out of date. While the page itself is drawn nothing happens, its next look
    will do: Streamlit forgets the press of a button that it had not come to yet."""
    if not WITH_PAGE.get():
        st.rerun()
