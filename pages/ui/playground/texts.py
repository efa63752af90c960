"""What is to be classified: one text, one a line, or a file; with rows of the dataset to try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.store.records import DatasetInfo, RowQuery
from pages.ui import shell
from pages.ui.models import OFFLINE
from pages.ui.playground.history import ONE
from pages.ui.playground.sides import Chair
from pages.ui.wording import count, escape_md, shortened

MANY, FILE = "One text per line", "A file"
AT_ONCE = "classify at once"  # in the session: an example was pressed
MOST_EXAMPLES = 3
SILENT = (
    "Nothing may be spent here: texts that were classified before are answered from the cache, at no cost."
)


@dataclass(frozen=True, slots=True)
class Typed:
    """`pressed`: they are to be classified now."""

    texts: tuple[str, ...]
    pressed: bool


def choose_kind() -> str:
    st.session_state.setdefault("playground_kind", ONE)  # no default of the widget: the history sets it, too
    return st.segmented_control(
        "Texts",
        [ONE, MANY, FILE],
        required=True,
        key="playground_kind",
        label_visibility="collapsed",
        persist_state="session",
    )


def type_texts(dataset: DatasetInfo, kind: str) -> tuple[str, ...]:
    typed = st.text_area(
        "Text",
        height=96,
        key="playground_text",
        label_visibility="collapsed",
        persist_state="session",
        placeholder="A text to classify" if kind == ONE else "A text on each line",
    )
    if kind == ONE:
        _offer_examples(dataset)
    texts = [typed.strip()] if kind == ONE else [line.strip() for line in typed.splitlines()]
    return tuple(text for text in texts if text)


def classify_button(texts: Sequence[str], chairs: Sequence[Chair]) -> bool:
    """Whether it was pressed, or an example was."""
    able = all(chair.ready for chair in chairs)
    unpaid = any(chair.model != OFFLINE["lightweight"] for chair in chairs)
    pressed = st.button(
        "Classify" if len(texts) < 2 else f"Classify {count(len(texts), 'text')}",
        type="primary",
        icon=":material/send:",
        key="classify",
        shortcut="Mod+Enter",
        disabled=not able,
        help=SILENT if unpaid and not shell.workspace().spends else None,
    )
    return (st.session_state.pop(AT_ONCE, False) and able) or pressed


def _offer_examples(dataset: DatasetInfo) -> None:
    """A row of each of the first labels, none that prompts learn from."""
    texts = shell.workspace().cached(
        "examples to try", (dataset.id, dataset.version), lambda: _examples(dataset)
    )
    if texts:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.caption("Try one of your rows:", width="content")
            for number, text in enumerate(texts):
                st.button(
                    escape_md(shortened(text, 36)),
                    key=f"example_{number}",
                    on_click=_try,
                    args=(text,),
                )


def _examples(dataset: DatasetInfo) -> list[str]:
    rows, texts = shell.workspace().store.rows, []
    for label in dataset.labels.names[:MOST_EXAMPLES]:
        held_out = RowQuery(labels=(label,), splits=("test", "validation", ""), excluded=False, size=1)
        texts += [row.text for row in rows.page(dataset.id, held_out).rows]
    return texts


def _try(text: str) -> None:
    st.session_state["playground_text"] = text
    st.session_state[AT_ONCE] = True
