"""Decisions on a card: one key each, every one stored at once, and undone step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.services.review import Card
from core.store.records import Change, DatasetInfo, Row
from core.store.rows.records import HistoryEntry
from pages.ui import shell
from pages.ui.actions import who
from pages.ui.key_button import LabelChoice, key_button, label_buttons, likely_labels
from pages.ui.review.note_field import note_button, note_field
from pages.ui.review.queue import FIRST, PUT_OFF, move_to_end
from pages.ui.wording import shortened

MADE, TAKEN_BACK = "review made", "review taken back"  # in the session
WHY = "review: "  # how the history names what was decided here; Undo on this page takes back nothing else


@dataclass(frozen=True, slots=True)
class Made:
    """A decision of this session. `followed`: as suggested, None where nothing was. `at` is in seconds, of a clock that only runs
    forward."""

    change_set: str
    row: str
    followed: bool | None
    at: float


def show_decisions(info: DatasetInfo, subject: Card) -> None:
    """The buttons, always in the same place, with their keys."""
    row, locked = subject.row, shell.workspace().read_only
    suggested = suggestion(subject)
    with st.container(horizontal=True, key="decisions", gap="xsmall"):
        if suggested:
            _button(
                "As suggested" if info.labels.several else shortened(suggested, 16),
                "S",
                _decide(info, subject, {"label": suggested, "review": "kept"}, "relabelled as suggested"),
                locked,
                f"The row gets these labels: {suggested}."
                if info.labels.several
                else "The suggested label is right.",
                icon=":material/check:",
                primary=True,
                key="relabel",
                width=180,
            )
        else:
            st.button("No suggestion", key="review_relabel", disabled=True, width=180)
        _button(
            "Keep",
            "K",
            _decide(info, subject, {"review": "kept"}, "the label is right"),
            locked,
            "The label is right: it will not come up again.",
        )
        _button(
            "Exclude",
            "X",
            _decide(info, subject, {"excluded": True}, "excluded"),
            locked,
            "Runs leave this row out.",
        )
        _button(
            "Unclear",
            "G",
            _decide(info, subject, {"review": "gap"}, "the definitions do not settle it"),
            locked,
            "The label definitions do not settle this row.",
        )
        note_button("review", row, "Say why the label is right; it is kept then.")
        _button("Later", "J", lambda: _put_off(row), False, "Comes back at the end.")


def suggestion(subject: Card) -> str:
    """The label to give instead; "" for none."""
    suspect = subject.suspect
    return suspect.suggested if suspect is not None and suspect.suggested != subject.row.label else ""


def choose_label(info: DatasetInfo, subject: Card) -> None:
    """Every label by its number, for the cases where neither the given nor the suggested one is right."""
    row = subject.row
    label_buttons(
        LabelChoice(
            "review",
            f"{row.id}_{row.version}",
            info,
            row.label,
            likely=likely_labels(subject),
        ),
        lambda label: _relabel(info, subject, label),
    )


def write_note(info: DatasetInfo, subject: Card) -> None:
    """A note is worth more than a row: the heavyweight model reads it. The label is kept with it."""

    def save(note: str) -> None:
        _decide(info, subject, {"note": note, "review": "kept"}, "noted, the label is right")()

    note_field("review", subject.row, save, "Enter saves the note and keeps the label")


def turn_back_or_on(info: DatasetInfo) -> None:
    """Undo and redo of what was decided on this page; what else was changed is undone where it was done.
    Which decision is meant is looked up at the press: keys come faster than the page is drawn."""
    locked, (back, on) = shell.workspace().read_only, _turns(info)
    _button(
        "Undo",
        "U",
        lambda: _turn_back(info),
        locked or back is None,
        _description(back),
        icon=":material/undo:",
        quiet=True,
    )
    _button(
        "Redo",
        "Y",
        lambda: _turn_on(info),
        locked or on is None,
        _description(on),
        icon=":material/redo:",
        quiet=True,
    )


def _turns(info: DatasetInfo) -> tuple[HistoryEntry | None, HistoryEntry | None]:
    """The decisions that undo and redo would turn; None where what comes first was not decided here."""
    edits = shell.workspace().store.edits
    undone, redone = edits.turns(info.id)
    decided = {
        entry.change_set: entry
        for entry in edits.history(info.id, limit=300)
        if entry.example_id and entry.why.startswith(WHY)
    }
    return decided.get(undone), decided.get(redone)


def _description(entry: HistoryEntry | None) -> str:
    return shortened(entry.why.removeprefix(WHY), 100) if entry is not None else "Nothing was decided here."


def _button(
    label: str,
    shortcut: str,
    action: Callable[[], object],
    disabled: bool,
    help: str,
    icon: str | None = None,
    primary: bool = False,
    quiet: bool = False,
    key: str = "",
    width: int | str = "content",
) -> None:
    key_button(
        label,
        shortcut,
        action,
        disabled,
        help,
        key="review_" + (key or label.lower()),
        icon=icon,
        width=width,
        kind="primary" if primary else "tertiary" if quiet else "secondary",
    )


def _relabel(info: DatasetInfo, subject: Card, label: str) -> None:
    _decide(info, subject, {"label": label, "review": "kept"}, "relabelled")()


def _decide(info: DatasetInfo, subject: Card, news: dict[str, str | bool], why: str) -> Callable[[], None]:
    row, suggested = subject.row, suggestion(subject)
    followed = news.get("label") == suggested if suggested else None

    def decide() -> None:
        changes = [Change(row.id, field, value, row.version) for field, value in news.items()]
        remember(
            shell.workspace().store.edits.change(info.id, changes, who=who(), why=WHY + why), row, followed
        )

    return decide


def remember(set_id: str, row: Row, followed: bool | None) -> None:
    """A decision that was stored, for the progress of this session."""
    st.session_state.setdefault(MADE, []).append(Made(set_id, row.id, followed, time.monotonic()))
    st.session_state[TAKEN_BACK] = []
    st.session_state.pop(FIRST, None)


def _turn_back(info: DatasetInfo) -> None:
    """The row of the decision comes first again. Raises Conflict where something else was changed
    meanwhile."""
    entry, _ = _turns(info)
    if entry is None:
        return
    shell.workspace().store.edits.undo(info.id, entry.change_set)
    _move(MADE, TAKEN_BACK, entry.change_set)
    st.session_state[FIRST] = entry.example_id


def _turn_on(info: DatasetInfo) -> None:
    _, entry = _turns(info)
    if entry is None:
        return
    shell.workspace().store.edits.redo(info.id, entry.change_set)
    _move(TAKEN_BACK, MADE, entry.change_set)
    st.session_state.pop(FIRST, None)


def _move(source: str, target: str, change_set: str) -> None:
    listed: Sequence[Made] = st.session_state.get(source, [])
    st.session_state[source] = [each for each in listed if each.change_set != change_set]
    st.session_state.setdefault(target, []).extend(each for each in listed if each.change_set == change_set)


def _put_off(row: Row) -> None:
    move_to_end(st.session_state.setdefault(PUT_OFF, []), row.id)
    st.session_state.pop(FIRST, None)
