"""What is to be classified: one text, or its fields, one a line, or a file; with rows of the dataset to try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.data.templates import fields_of_text, readable, text_of_fields
from core.store.records import DatasetInfo, RowQuery
from core.types import TextTemplate
from pages.ui import shell
from pages.ui.models import OFFLINE
from pages.ui.playground.history import ONE
from pages.ui.playground.sides import Chair
from pages.ui.wording import count, escape_md, shortened

FIELDS, MANY, FILE = "Field by field", "One text per line", "A file"
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


def choose_kind(dataset: DatasetInfo) -> str:
    kinds = [*([FIELDS] if dataset.template else []), ONE, MANY, FILE]
    # No default of the widget: the history sets it, too.
    if st.session_state.get("playground_kind") not in kinds:
        st.session_state["playground_kind"] = kinds[0]
    return st.segmented_control(
        "Texts",
        kinds,
        required=True,
        key="playground_kind",
        label_visibility="collapsed",
        persist_state="session",
    )


def type_texts(dataset: DatasetInfo, kind: str) -> tuple[str, ...]:
    if kind == FIELDS and dataset.template:
        text = _type_fields(dataset, dataset.template)
        return (text,) if text else ()
    typed = st.text_area(
        "Text",
        height=96,
        key="playground_text",
        label_visibility="collapsed",
        persist_state="session",
        placeholder=("A text to answer" if dataset.scorer else "A text to classify")
        if kind == ONE
        else "A text on each line",
    )
    if kind == ONE:
        _offer_examples(dataset)
    texts = [typed.strip()] if kind == ONE else [line.strip() for line in typed.splitlines()]
    return tuple(text for text in texts if text)


def _type_fields(dataset: DatasetInfo, template: TextTemplate) -> str:
    """The text that comes of a box per field; empty where all are."""
    typed = {}
    grid = st.grid(min(len(template.fields), 3), min_column_width=260, gap="small")
    for field in template.fields:
        with grid.cell():
            typed[field] = st.text_area(
                escape_md(readable(field)), height=96, key=_box(dataset, field), persist_state="session"
            )
    _offer_examples(dataset)
    return text_of_fields(template, typed)


def _box(dataset: DatasetInfo, field: str) -> str:
    return f"playground field {dataset.id} {field}"


def classify_button(texts: Sequence[str], chairs: Sequence[Chair], free: bool) -> bool:
    """Whether it was pressed, or an example was. `free`: answers are no labels."""
    verb = "Answer" if free else "Classify"
    able = all(chair.ready for chair in chairs)
    unpaid = any(chair.model != OFFLINE["lightweight"] for chair in chairs)
    pressed = st.button(
        verb if len(texts) < 2 else f"{verb} {count(len(texts), 'text')}",
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
                    args=(text, dataset),
                )


def _examples(dataset: DatasetInfo) -> list[str]:
    rows, texts = shell.workspace().store.rows, []
    for label in dataset.labels.names[:MOST_EXAMPLES]:
        held_out = RowQuery(
            labels=(label,), splits=("test", "validation", ""), excluded=False, size=MOST_EXAMPLES
        )
        others = [row.text for row in rows.page(dataset.id, held_out).rows if row.text not in texts]
        texts += others[:1]  # a row with several labels is offered once
    return texts


def _try(text: str, dataset: DatasetInfo) -> None:
    fields = fields_of_text(dataset.template, text) if dataset.template else None
    if fields and st.session_state["playground_kind"] == FIELDS:
        for field, held in fields.items():
            st.session_state[_box(dataset, field)] = held
    else:
        st.session_state["playground_kind"], st.session_state["playground_text"] = ONE, text
    st.session_state[AT_ONCE] = True
