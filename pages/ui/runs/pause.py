"""A paused run: what it is about to try, for a person to change before anything is measured.

What was typed is read when a way on is pressed, not when the page was drawn: whoever is quick would lose the
last change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.services.runs import Resumption, pending_proposal, resume_with
from core.store.records import RunRecord
from core.tuning.supervision import Proposal, Review, review_of
from core.types import Edit, Example
from core.wording import FIELDS, sentence
from pages.ui.actions import act, no_spending, who
from pages.ui.answers import show_reflection_request
from pages.ui.keys import typed_keys
from pages.ui.mistakes import label_column
from pages.ui.runs.caps import show_caps, typed_caps
from pages.ui.runs.steps import run_dataset
from pages.ui.shell import workspace
from pages.ui.wording import count, escape_md

NOTED = 24  # rows, which is what a reflection is shown at most by default


def show_proposal(record: RunRecord) -> None:
    """The edits one by one, room for one's own, notes for the rows behind them, caps, and the ways on."""
    waiting = pending_proposal(workspace(), record.id)
    if waiting is None:
        st.warning("Paused. Resume it to go on.", icon=":material/pause_circle:")
        return
    proposal, edits = waiting
    mistakes = _mistakes_of(record, proposal)
    with st.container(border=True, key="proposal"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(
                f"**Step {proposal.number}: {count(len(edits), 'edit')} proposed, nothing measured yet**",
                width="content",
            )
            with st.container(horizontal=True, width="content"):
                _ways_on(record, proposal, edits, mistakes)
        if proposal.reflection.problem:
            st.caption(escape_md(sentence(proposal.reflection.problem)))
        st.caption(
            "Change an edit, leave one out, add your own: each is then measured by itself, yours like the others. "
            "They are added to the system prompt unless something else is said below them."
        )
        for index, edit in enumerate(edits):
            _show_edit(edit, _key(record, proposal, index), index + 1)
        st.text_area(
            "Your own rules, one a line",
            key=_key(record, proposal, "own"),
            height=80,
            placeholder="Added to the system prompt, such as: If the text asks for a setting, the label is question.",
        )
        if mistakes:
            _show_notes(record, mistakes, _key(record, proposal, "notes"))
        with st.expander(
            "What the heavyweight model was shown, and what it said", icon=":material/visibility:"
        ):
            st.code(proposal.reflection.reply or "(no reply)", language=None, wrap_lines=True)
            show_reflection_request(record.settings.heavyweight, proposal.reflection.request)
        with st.expander("Caps", icon=":material/speed:"):
            show_caps(record)


def _key(record: RunRecord, proposal: Proposal, what: int | str) -> str:
    return f"{what} of {record.id} {proposal.number}"


def _mistakes_of(record: RunRecord, proposal: Proposal) -> tuple[Example, ...]:
    """The mistakes that the heavyweight model was shown."""
    rows = {row.id: row for row in run_dataset(record.id).examples}
    return tuple(rows[identity] for identity in proposal.reflection.shown if identity in rows)[:NOTED]


def _show_edit(edit: Edit, key: str, number: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        tried = st.checkbox(f"Edit {number}", value=True, key=f"try {key}", width=90)
        new = edit.replace.strip("\n")
        field = st.text_area if "\n" in new else st.text_input
        field(
            "Text of the edit",
            new,
            key=f"text {key}",
            label_visibility="collapsed",
            disabled=not tried,
            placeholder="(removes what stands below)" if edit.find else "",
        )
    where = FIELDS.get(edit.field, edit.field)
    if edit.find:
        st.caption(f"{where}, in place of:")
        st.code(edit.find, language=None, wrap_lines=True)
    elif edit.field != "system_prompt":
        st.caption(f"Added to: {where.lower()}")


def _show_notes(record: RunRecord, mistakes: Sequence[Example], key: str) -> None:
    """Said of the rows that the heavyweight model was shown, read by it from the next step on."""
    with st.expander(
        f"Notes for the {count(len(mistakes), 'row')} behind it", icon=":material/sticky_note_2:"
    ):
        st.caption("Why a label is right: the next reflections read it, and it is kept with the row.")
        table = pd.DataFrame(
            {
                "Text": [row.text for row in mistakes],
                "Label": [[row.label] for row in mistakes],
                "Note": [row.note for row in mistakes],
            }
        )
        st.data_editor(
            table,
            hide_index=True,
            row_height=62,
            disabled=["Text", "Label"],
            key=key,
            alt="Rows that the proposal was made from, with room for notes",
            column_config={
                "Text": st.column_config.TextColumn(width=330),
                "Note": st.column_config.TextColumn(width=330, max_chars=2_000),
                "Label": label_column("Label", run_dataset(record.id).labels.names, 120),
            },
        )


def _ways_on(
    record: RunRecord, proposal: Proposal, edits: Sequence[Edit], mistakes: Sequence[Example]
) -> None:
    locked = no_spending()

    def on(pause_again: bool) -> None:
        answer = Resumption(_typed(record, proposal, edits, mistakes), typed_caps(record), pause_again)
        resume_with(workspace(), record.id, answer, typed_keys(), who())

    st.button(
        "Go on",
        type="primary",
        icon=":material/resume:",
        key="go_on",
        disabled=bool(locked),
        help=locked or None,
        on_click=act,
        args=(lambda: on(False),),
    )
    st.button(
        "Go on to the next proposal",
        icon=":material/step:",
        key="go_on_once",
        disabled=bool(locked),
        help=locked or "Tries these, then pauses again.",
        on_click=act,
        args=(lambda: on(True),),
    )


def _typed(
    record: RunRecord, proposal: Proposal, edits: Sequence[Edit], mistakes: Sequence[Example]
) -> Review:
    """What stands in the fields now."""
    fields = st.session_state

    def text_of(index: int) -> str | None:
        key = _key(record, proposal, index)
        return fields[f"text {key}"] if fields[f"try {key}"] else None

    decided = [(edit, text_of(index)) for index, edit in enumerate(edits)]
    own = fields[_key(record, proposal, "own")].split("\n")
    return review_of(
        proposal.number, decided, own, _notes(mistakes, fields.get(_key(record, proposal, "notes")))
    )


def _notes(mistakes: Sequence[Example], editor: Mapping | None) -> Mapping[str, str]:
    """New notes by row id, from what a table's state says of its cells."""
    cells = editor["edited_rows"] if editor else {}
    typed = {
        mistakes[int(index)]: (changed["Note"] or "").strip()
        for index, changed in cells.items()
        if "Note" in changed
    }
    return {row.id: note for row, note in typed.items() if note != row.note.strip()}
