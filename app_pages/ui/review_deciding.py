"""Decisions on a card: one key each, every one stored at once, and undone step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app_pages.ui import shell
from app_pages.ui.acting import READ_ONLY, act
from app_pages.ui.words import escape_md, shortened
from core.curating import Card
from core.data.suspects import Suspect
from core.state.records import Change, DatasetInfo, Row

MADE, PUT_OFF = "review made", "review later"  # in the session: (row, followed the suggestion), and rows put off


def later(waiting: Sequence[Suspect]) -> list[Suspect]:
    """Rows that were put off come last, in the order in which they were."""
    put_off: list[str] = st.session_state.setdefault(PUT_OFF, [])
    return sorted(waiting, key=lambda each: put_off.index(each.example_id) if each.example_id in put_off else -1)


def show_decisions(info: DatasetInfo, shown: Card | None) -> None:
    """The buttons, always in the same place, with their keys."""
    rows, locked = shell.workspace().store.rows, shell.workspace().read_only
    undone, redone = rows.upcoming(info.id)
    with st.container(horizontal=True, key="decisions"):
        if shown is not None:
            _decisions(info, shown, locked)
        _button("Undo", "U", lambda: _turn_back(info), locked or not undone, undone, icon=":material/undo:")
        _button("Redo", "Y", lambda: rows.redo(info.id), locked or not redone, redone, icon=":material/redo:")


def _decisions(info: DatasetInfo, shown: Card, locked: bool) -> None:
    row, suspect = shown.row, shown.suspect
    kept = Change(row.id, "review", "kept", row.version)
    if suspect is not None:
        relabelled = [Change(row.id, "label", suspect.suggested, row.version), kept]
        _button(
            f"Relabel: {escape_md(shortened(suspect.suggested, 30))}", "S", _decide(info, row, relabelled, "relabelled as suggested", True),
            locked, "The suggested label is right.", icon=":material/check:", primary=True, key="relabel",
        )
    _button("Keep", "K", _decide(info, row, [kept], "the label is right", False), locked, "The label is right: it will not be asked again.",
            icon=":material/lock:")
    _button("Exclude", "X", _decide(info, row, [Change(row.id, "excluded", True, row.version)], "excluded", False), locked,
            "The row is left out of runs.", icon=":material/block:")
    _button("Gap", "G", _decide(info, row, [Change(row.id, "review", "gap", row.version)], "the definitions do not tell", False), locked,
            "The definitions of the labels do not tell which it is.", icon=":material/help_center:")
    _button("Later", "J", lambda: _put_off(row), False, "Comes again at the end.", icon=":material/schedule:")


def choose_label(info: DatasetInfo, shown: Card) -> None:
    """Every label by its number, for the cases where neither the given nor the suggested one is right."""
    row, locked = shown.row, shell.workspace().read_only
    with st.container(horizontal=True, gap="small", key="label_keys"):
        for number, label in enumerate(info.labels.names[:9], start=1):
            if label != row.label:
                changes = [Change(row.id, "label", label, row.version), Change(row.id, "review", "kept", row.version)]
                followed = shown.suspect is not None and label == shown.suspect.suggested
                _button(escape_md(shortened(label, 30)), str(number), _decide(info, row, changes, "relabelled", followed), locked, "",
                        key=f"label_{number}")


def write_note(info: DatasetInfo, row: Row) -> None:
    """A note is worth more than a row: the heavyweight model reads it."""
    key = f"note_{row.id}_{row.version}"

    def save() -> None:
        wanted = st.session_state[key].strip()
        if wanted != row.note:
            act(lambda: _store(info, [Change(row.id, "note", wanted, row.version)], "review: noted"))

    st.text_input("Note", row.note, key=key, on_change=save, placeholder="Why the label is right, for the heavyweight model to read",
                  disabled=shell.workspace().read_only)


def _button(
    label: str, shortcut: str, action: Callable[[], object], disabled: bool, help: str, icon: str | None = None, primary: bool = False,
    key: str = "",
) -> None:
    st.button(
        label, key="review_" + (key or label.lower()), icon=icon, shortcut=shortcut, disabled=disabled, on_click=act, args=(action,),
        type="primary" if primary else "secondary", help=READ_ONLY if shell.workspace().read_only else escape_md(help) or None,
    )


def _decide(info: DatasetInfo, row: Row, changes: Sequence[Change], why: str, followed: bool) -> Callable[[], None]:
    def decide() -> None:
        _store(info, changes, "review: " + why)
        st.session_state.setdefault(MADE, []).append((row.id, followed))

    return decide


def _store(info: DatasetInfo, changes: Sequence[Change], why: str) -> None:
    shell.workspace().store.rows.change(info.id, changes, who=_who(), why=why)


def _turn_back(info: DatasetInfo) -> None:
    """The row of the decision comes first again."""
    shell.workspace().store.rows.undo(info.id)
    if st.session_state.get(MADE):
        st.session_state[MADE].pop()


def _put_off(row: Row) -> None:
    put_off: list[str] = st.session_state.setdefault(PUT_OFF, [])
    if row.id in put_off:
        put_off.remove(row.id)
    put_off.append(row.id)


def _who() -> str:
    """The name of who is logged in, where the app has a login."""
    return str(st.user.get("email") or "") if st.user.get("is_logged_in") else ""
