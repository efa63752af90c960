"""What a person says of the row: its label by a number key, a note, left out, canonical; each stored at once,
and undone by a key."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.services.labelling.row_changes import change_row, undo_change
from core.services.review import Card
from core.store.records import KEPT, DatasetInfo, Row
from pages.ui import shell
from pages.ui.actions import act, who
from pages.ui.key_button import LabelChoice, key_button, label_buttons, likely_labels
from pages.ui.row_panel.state import count_change, opened_row, remember_change

# Our own code, without any data in it. Escape in a field leaves it, which saves it, instead of shutting the
# panel with what was typed; and it shuts the panel wherever the focus went when a pressed button vanished.
ESCAPE = """<div></div><script>
if (!window.whetstonePanel) {
  window.whetstonePanel = true;
  window.addEventListener('keydown', event => {
    const panel = document.querySelector('[role=dialog]:has(.st-key-panel_note)');
    if (event.key !== 'Escape' || !panel) return;
    const outside = !panel.contains(event.target);
    if (!outside && !event.target.closest('.st-key-panel_note, .st-key-panel_answer')) return;
    event.stopImmediatePropagation();
    panel.focus();
    if (outside) panel.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}));
  }, true);
}
</script>"""
SEEN = "panel row as seen"  # in the session


def change_card(info: DatasetInfo, card: Card, problem: str) -> None:
    """`problem`: where the sentence of an error is left."""
    row = card.row
    st.session_state[SEEN] = row
    choice = LabelChoice("panel", f"{row.id}_{row.version}", info, row.label, likely=likely_labels(card))
    label_buttons(choice, lambda label: _change(info, label=label))
    with st.container(horizontal=True, gap="xsmall"):
        if row.label:
            _flags(info, row)
        _undo_button(info)
    _note(info, row, problem)


def _flags(info: DatasetInfo, row: Row) -> None:
    reviewed = row.review == KEPT
    _button(
        "Label is right",
        "K",
        lambda: _change(info, review="" if reviewed else KEPT),
        "Takes that back: the label may be doubted again."
        if reviewed
        else "Its label will not be doubted again.",
        ":material/verified:",
        reviewed,
    )
    _button(
        "Excluded" if row.excluded else "Exclude",
        "X",
        lambda: _change(info, excluded=not row.excluded),
        "Takes it in again." if row.excluded else "Leaves the row out of runs.",
        ":material/block:",
        row.excluded,
    )
    _button(
        "Canonical",
        "P",
        lambda: _change(info, canonical=not row.canonical),
        "It need not be right any more."
        if row.canonical
        else "It must be right: the heavyweight model is shown it every time.",
        ":material/push_pin:",
        row.canonical,
    )


def _button(label: str, key: str, action: Callable[[], None], help: str, icon: str, on: bool) -> None:
    """`on`: the row is so already, and a press takes it back."""
    key_button(
        label,
        key,
        action,
        False,
        help,
        key="panel_" + label.split()[0].lower(),
        icon=icon,
        kind="primary" if on else "secondary",
    )


def _undo_button(info: DatasetInfo) -> None:
    """Of what was done in this visit of the panel."""
    opened, (last, _) = opened_row(), shell.workspace().store.edits.turns(info.id)
    if opened is None or last not in opened.made:
        return
    key_button(
        "Undo",
        "U",
        lambda: _undo(info, last),
        False,
        "Takes back what you did last.",
        key="panel_undo",
        icon=":material/undo:",
        kind="tertiary",
    )


def _undo(info: DatasetInfo, change_set: str) -> None:
    undo_change(shell.workspace(), info.id, change_set)
    count_change()


def _note(info: DatasetInfo, row: Row, problem: str) -> None:
    """Saved when the field is left. It follows the row where the note was changed elsewhere."""
    key = f"panel_note_{row.id}"
    if st.session_state.get(key + " saved") != row.note or key not in st.session_state:
        st.session_state[key] = st.session_state[key + " saved"] = row.note
    with st.container(key="panel_note"):
        st.text_area(
            "Note",
            key=key,
            height=80,
            placeholder="Why is the label right? The heavyweight model reads it.",
            on_change=act,
            args=(lambda: _change(info, note=st.session_state[key].strip()), "", problem),
        )
        st.html(ESCAPE, unsafe_allow_javascript=True)


def _change(info: DatasetInfo, **news: str | bool) -> None:
    """Of the row that is on screen, as it is after whatever was done since it was drawn: keys come faster than
    the panel is drawn."""
    row: Row = st.session_state[SEEN]
    made = change_row(shell.workspace(), info.id, row, news, who())
    st.session_state[SEEN] = shell.workspace().store.rows.one(info.id, row.id)
    remember_change(made)
