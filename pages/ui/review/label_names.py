"""The form in which labels are named, with what they mean, before rows are labelled or while they are."""

from __future__ import annotations

import streamlit as st

from core.errors import DataError
from core.services.labelling.unlabelled import name_labels
from core.store.records import DatasetInfo
from core.types import LabelSet
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act, show_problem, who
from pages.ui.wording import escape_md, shortened

PROBLEM, BEHIND = "label names problem", ": "  # what stands between a label and what it means


def show_label_form(info: DatasetInfo) -> None:
    """Takes new ones. What there is already is renamed and defined on the Dataset page."""
    locked = shell.workspace().read_only
    if info.labels.names:
        st.caption(escape_md("There are: " + ", ".join(shortened(name, 40) for name in info.labels.names)))
    key = f"label_names_{info.id}_{len(info.labels.names)}"
    with st.form(f"form_{key}", border=False):
        typed = st.text_area(
            "One label a line",
            key=key,
            height=150,
            disabled=locked,
            placeholder="billing: about money that was charged or paid back\nlogin: …\nother",
            help="Add what a label means after a colon and a space: it goes into the starting prompt.",
        )
        pressed = st.form_submit_button(
            "Add these labels" if info.labels.names else "Use these labels",
            type="primary",
            icon=":material/label:",
            disabled=locked,
            help=READ_ONLY if locked else None,
        )
    if pressed:
        act(lambda: _save(info, typed), where=PROBLEM)
        if PROBLEM not in st.session_state:
            st.rerun()
    show_problem(PROBLEM)


def _save(info: DatasetInfo, typed: str) -> None:
    labels = labels_of(typed)
    if not labels.names:
        raise DataError("No label is named yet: type one into the first line.")
    if len({*info.labels.names, *labels.names}) < 2:
        raise DataError("A row gets one label of several: name at least two.")
    name_labels(shell.workspace(), info.id, labels, who())


def labels_of(typed: str) -> LabelSet:
    """A label a line, and what it means. DataError for a meaning without a label."""
    meanings: dict[str, str] = {}
    for line in filter(None, map(str.strip, typed.splitlines())):
        label, _, meaning = line.partition(BEHIND)
        if not label.strip() or label == ":":
            raise DataError(f"The line “{shortened(line, 60)}” names no label: begin it with one.")
        meanings[label.strip().removesuffix(":")] = meaning.strip()
    return LabelSet(tuple(meanings), {label: meaning for label, meaning in meanings.items() if meaning})
