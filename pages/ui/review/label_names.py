"""The form in which labels are named, with what they mean, before rows are labelled or while they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import DataError
from core.services.labelling.unlabelled import name_labels
from core.store.records import DatasetInfo
from core.types import LabelSet
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act, show_problem, who
from pages.ui.wording import escape_md, shortened

LABEL, MEANING = "Label", "What it means"
PROBLEM, LINES = "label names problem", 4


def show_label_form(info: DatasetInfo) -> None:
    """A table to type new ones into. What there is already is renamed and defined on the Dataset page."""
    import pandas as pd

    locked = shell.workspace().read_only
    if info.labels.names:
        st.caption(escape_md("There are: " + ", ".join(shortened(name, 40) for name in info.labels.names)))
    key = f"label_names_{info.id}_{len(info.labels.names)}"
    with st.form(f"form_{key}", border=False):
        typed = st.data_editor(
            pd.DataFrame([("", "")] * LINES, columns=[LABEL, MEANING], dtype=object),
            key=key,
            num_rows="dynamic",
            hide_index=True,
            disabled=locked,
            alt="Labels and what they mean, to type into",
            column_config={
                LABEL: st.column_config.TextColumn(width=200, max_chars=200),
                MEANING: st.column_config.TextColumn(
                    width=420, help="Optional. It goes into the starting prompt, as “label: meaning”."
                ),
            },
        )
        pressed = st.form_submit_button(
            "Add these labels" if info.labels.names else "Use these labels",
            type="primary",
            icon=":material/label:",
            disabled=locked,
            help=READ_ONLY if locked else None,
        )
    if pressed:
        act(lambda: _save(info, typed.to_dict("records")), where=PROBLEM)
        if PROBLEM not in st.session_state:
            st.rerun()
    show_problem(PROBLEM)


def _save(info: DatasetInfo, lines: Sequence[Mapping[str, object]]) -> None:
    labels = labels_of(lines)
    if not labels.names:
        raise DataError("No label is named yet: type one into the first column.")
    if len({*info.labels.names, *labels.names}) < 2:
        raise DataError("A row can have one label of several: name at least two.")
    name_labels(shell.workspace(), info.id, labels, who())


def labels_of(lines: Sequence[Mapping[str, object]]) -> LabelSet:
    """Of the lines that name one. DataError for a meaning without a label."""
    texts = [[_text(line.get(column)) for column in (LABEL, MEANING)] for line in lines]
    lost = next((meaning for name, meaning in texts if meaning and not name), None)
    if lost is not None:
        raise DataError(f"“{lost}” stands in a line without a label: name the label, or clear the line.")
    return LabelSet(
        tuple(name for name, _ in texts if name), {name: meaning for name, meaning in texts if meaning}
    )


def _text(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else ""
