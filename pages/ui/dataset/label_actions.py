"""What can be done to a label with all its rows: rename, merge, delete. What would happen is said before, and
one undo takes it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.store.records import DatasetInfo, RowQuery
from pages.ui import shell
from pages.ui.actions import act, show_problem, who
from pages.ui.dataset.row_editor import fresh_editor
from pages.ui.wording import count, escape_md, shortened

CHOSEN, PROBLEM = "label deed", "label problem"
EXCLUDED = "(exclude them from runs)"


def choose_deed(click: str, names: Sequence[str]) -> None:
    """For the column of buttons: the page opens the dialog when it is drawn, until it is dismissed or
    confirmed."""
    pressed = st.session_state[click]
    if pressed["row"] < len(names) and pressed["label"] in DEEDS:
        st.session_state.pop(PROBLEM, None)
        st.session_state[CHOSEN] = (pressed["label"], names[pressed["row"]], st.session_state["labels seen"])


def show_chosen_deed(info: DatasetInfo) -> None:
    """The dialog that was asked for, if one was, with the labels as they were then."""
    deed, label, seen = st.session_state.get(CHOSEN, ("", "", None))
    if deed and seen.id == info.id and not shell.workspace().read_only:
        DEEDS[deed](seen, label)


def _close() -> None:
    st.session_state.pop(CHOSEN, None)


@st.dialog("Rename a label", on_dismiss=_close)
def rename(info: DatasetInfo, label: str) -> None:
    name = st.text_input("Name", value=label, key="deed_name", max_chars=100).strip()
    if name and name != label:
        _say(
            f"{_rows(info, [label])} with “{label}” will have the label “{name}”. Its definition moves with it."
        )
    _confirm(
        "Rename",
        lambda: _labels().rename(info.id, label, name, who(), seen_version=info.version),
        bool(name) and name != label,
    )


@st.dialog("Merge labels", on_dismiss=_close)
def merge(info: DatasetInfo, label: str) -> None:
    gone = st.multiselect("Labels to give up", info.labels.names, default=[label], key="deed_gone")
    into = st.selectbox(
        "Merge into",
        [name for name in info.labels.names if name not in gone],
        index=None,
        key="deed_into",
        accept_new_options=True,
        placeholder="Choose a label, or type a new one",
    )
    into = (into or "").strip()
    if gone and into:
        named = _listed(gone)
        has = (
            f" “{into}” then has {_rows(info, [*gone, into])}."
            if into in info.labels.names
            else f" “{into}” is new."
        )
        _say(
            f"{_rows(info, gone)} with {named} will have the label “{into}”.{has} {_definitions_lost(info, gone)}"
        )
    _confirm(
        "Merge",
        lambda: _labels().merge(info.id, gone, into, who(), seen_version=info.version),
        bool(gone and into),
    )


@st.dialog("Delete a label", on_dismiss=_close)
def delete(info: DatasetInfo, label: str) -> None:
    rows, others = _rows(info, [label]), [name for name in info.labels.names if name != label]
    chosen = st.selectbox("What becomes of its rows", [EXCLUDED, *others], key="deed_rows")
    into = None if chosen == EXCLUDED else chosen
    left_out = "will be left out of runs, and keep the label in case they are taken in again"
    fate = left_out if into is None else f"will have the label “{into}”"
    _say(f"“{label}” will be gone from the label set. {rows} {fate}. {_definitions_lost(info, [label])}")
    _confirm(
        "Delete",
        lambda: _labels().delete(info.id, label, into, who(), seen_version=info.version),
        bool(others),
    )
    if not others:
        st.caption("The only label there is cannot be deleted.")


DEEDS = {"Rename…": rename, "Merge…": merge, "Delete…": delete}


def _confirm(word: str, action: Callable[[], object], ready: bool) -> None:
    st.caption("One press of Undo takes all of it back.")
    if st.button(word, type="primary", key="deed_now", disabled=not ready):
        act(action, where=PROBLEM)
        if PROBLEM not in st.session_state:
            fresh_editor()
            _close()
            shell.say("Done. Undo takes all of it back.")
            st.rerun()
    show_problem(PROBLEM)


def _labels():
    return shell.workspace().store.labels


def _say(sentence: str) -> None:
    st.markdown(escape_md(sentence))


def _rows(info: DatasetInfo, labels: Sequence[str]) -> str:
    """34 rows (3 of them excluded): rows that are left out follow their label too."""
    rows, wanted = shell.workspace().store.rows, tuple(dict.fromkeys(labels))
    every = rows.page(info.id, RowQuery(labels=wanted, size=1)).total
    out = rows.page(info.id, RowQuery(labels=wanted, excluded=True, size=1)).total
    return count(every, "row") + (f" ({out:,} of them excluded)" if out else "")


def _listed(labels: Sequence[str]) -> str:
    return shortened(", ".join("“" + label + "”" for label in labels), 300)


def _definitions_lost(info: DatasetInfo, labels: Sequence[str]) -> str:
    lost = [label for label in labels if info.labels.definitions.get(label)]
    if not lost:
        return ""
    if len(lost) == len(labels) == 1:
        return "Its definition goes with it."
    return f"The {'definition' if len(lost) == 1 else 'definitions'} of {_listed(lost)} will be gone, too."
