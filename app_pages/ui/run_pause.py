"""A paused run: what it is about to try, for a person to change before anything is measured."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app_pages.ui.acting import READ_ONLY, act, who
from app_pages.ui.answers import show_messages
from app_pages.ui.keys import typed_keys
from app_pages.ui.mistakes import label_column
from app_pages.ui.prompts import FIELDS
from app_pages.ui.run_caps import type_caps
from app_pages.ui.shell import workspace
from app_pages.ui.steps import run_dataset, sentence
from app_pages.ui.words import count, escape_md
from core.loop.oversight import Proposal, word_of
from core.state.records import RunRecord
from core.steering import Answer, go_on, proposed
from core.types import Edit

NOTED = 24  # rows, which is what a reflection is shown at most by default


def show_proposal(record: RunRecord) -> None:
    """The edits one by one, room for one's own, notes for the rows behind them, caps, and the way on."""
    waiting = proposed(workspace(), record.id)
    if waiting is None:
        st.warning("Paused. Resume it to go on.", icon=":material/pause_circle:")
        return
    proposal, edits = waiting
    with st.container(border=True, key="proposal"):
        st.markdown(f"**Step {proposal.number}: {count(len(edits), 'edit')} proposed, nothing measured yet**")
        if proposal.reflection.problem:
            st.caption(escape_md(sentence(proposal.reflection.problem)))
        st.caption("Change an edit, leave one out, add your own: each is then measured by itself, yours like the others.")
        decided = [_decide(record.id, proposal, place, edit) for place, edit in enumerate(edits)]
        more = st.text_area(
            "Your own rules, one a line", key=f"own_{record.id}_{proposal.number}", height=80,
            placeholder="Added to the system prompt, such as: If the text asks for a setting, the label is question.",
        )
        notes = _notes(record, proposal)
        with st.expander("What the heavyweight model was shown, and what it said", icon=":material/visibility:"):
            st.code(proposal.reflection.reply or "(no reply)", language=None, wrap_lines=True)
            show_messages(proposal.reflection.request.messages)
        with st.expander("Caps", icon=":material/speed:"):
            caps = type_caps(record)
        word = word_of(proposal.number, decided, more.split("\n"), notes)
        _ways_on(record, Answer(word, caps))


def _decide(run_id: str, proposal: Proposal, place: int, edit: Edit) -> tuple[Edit, str | None]:
    """The edit with the text it is to put in, None where it is left out."""
    key = f"{run_id}_{proposal.number}_{place}"
    with st.container(horizontal=True, vertical_alignment="center"):
        tried = st.checkbox(f"Edit {place + 1}", value=True, key=f"try_{key}", width=90)
        text = st.text_area(
            "Text of the edit", edit.replace.strip("\n"), key=f"text_{key}", height="content", label_visibility="collapsed", disabled=not tried,
            placeholder="(removes the line below)" if edit.find and not edit.replace.strip() else "",
        )
    where = FIELDS.get(edit.field, edit.field)
    if not edit.find:
        st.caption(f"Added to: {where.lower()}")
    else:
        st.caption(f"{where}, in place of:")
        st.code(edit.find, language=None, wrap_lines=True)
    return edit, text if tried else None


def _notes(record: RunRecord, proposal: Proposal) -> Mapping[str, str]:
    """New notes by row id: said of the rows that the heavyweight model was shown, read by it from the next step on."""
    dataset = run_dataset(record.id)
    rows = {row.id: row for row in dataset.examples}
    shown = [rows[identity] for identity in proposal.reflection.shown if identity in rows][:NOTED]
    if not shown:
        return {}
    with st.expander(f"Notes for the {count(len(shown), 'mistake')} behind it", icon=":material/sticky_note_2:"):
        st.caption("Why a label is right: the next reflections read it, and it is kept with the row.")
        table = pd.DataFrame({
            "Text": [row.text for row in shown], "Label": [[row.label] for row in shown], "Note": [row.note for row in shown],
        })
        edited = st.data_editor(
            table, hide_index=True, row_height=62, disabled=["Text", "Label"], key=f"notes_{record.id}_{proposal.number}",
            alt="Mistakes that the proposal was made from, with room for notes",
            column_config={
                "Text": st.column_config.TextColumn(width=330), "Label": label_column("Label", dataset.labels.names, 120),
                "Note": st.column_config.TextColumn(width=330, max_chars=2_000),
            },
        )
    typed = [note if isinstance(note, str) else "" for note in edited["Note"]]
    return {row.id: note.strip() for row, note in zip(shown, typed, strict=True) if note.strip() != row.note.strip()}


def _ways_on(record: RunRecord, answer: Answer) -> None:
    locked = workspace().read_only

    def on(pause_again: bool) -> None:
        go_on(workspace(), record.id, Answer(answer.word, answer.caps, pause_again), typed_keys(), who())

    with st.container(horizontal=True):
        st.button("Go on", type="primary", icon=":material/resume:", key="go_on", disabled=locked, help=READ_ONLY if locked else None,
                  on_click=act, args=(lambda: on(False),))
        st.button("Go on to the next proposal", icon=":material/step:", key="go_on_once", disabled=locked,
                  help=READ_ONLY if locked else "Tries these, then pauses again.", on_click=act, args=(lambda: on(True),))
