"""A second person labels rows without being shown the labels they have; then how far both agree."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.services.labelling import agreement as agreeing
from core.store.records import DatasetInfo, Row
from pages.ui import shell
from pages.ui.actions import READ_ONLY, show_problem, who
from pages.ui.address import addressed
from pages.ui.key_button import LabelChoice, key_button, label_buttons
from pages.ui.review.agreement import show_agreement
from pages.ui.review.card import show_plain_text
from pages.ui.review.note_field import close_note, note_button, note_field
from pages.ui.review.queue import move_to_end
from pages.ui.wording import count, escape_md

PARTS = {"label": "Label as a second person", "agreement": "Agreement"}
SITTING, BEFORE = "second sitting", "second sitting before"  # in the session, as are those below
GIVEN, SKIPPED, NOTES = "second given", "second skipped", "second notes"
USUAL = 50


@dataclass(frozen=True, slots=True)
class Sitting:
    """Who labels how many rows of which dataset."""

    dataset_id: str
    annotator: str
    size: int


def second_labels(info: DatasetInfo) -> None:
    if info.rows - info.excluded - info.unlabelled < 1 or len(info.labels.names) < 2:
        st.info(
            "A second person labels rows that have a label already: label some first.", icon=":material/info:"
        )
        return
    addressed("second", list(PARTS), "label")
    part = st.segmented_control(
        "Part", list(PARTS), key="second", format_func=PARTS.get, required=True, label_visibility="collapsed"
    )
    if part == "agreement":
        show_agreement(info)
        return
    sitting: Sitting | None = st.session_state.get(SITTING)
    if sitting is None or sitting.dataset_id != info.id:
        _begin(info)
    else:
        _queue(info, sitting)


def _begin(info: DatasetInfo) -> None:
    """Who labels how many rows. The form is gone afterwards, so that keys label and are not typed into it."""
    before: Sitting | None = st.session_state.get(BEFORE)
    signed_in, most = who(), info.rows - info.excluded - info.unlabelled
    with st.form("second_begin", width=640):
        name = st.text_input(
            "Second person",
            signed_in or (before.annotator if before else ""),
            key="second_name",
            max_chars=100,
            disabled=bool(signed_in),
            placeholder="Who labels now?",
        )
        size = st.number_input(
            "Rows",
            1,
            most,
            min(before.size if before else USUAL, most),
            key=f"second_rows_{info.id}",
            help=f"A sample by chance, the same for everybody; a larger one begins with the smaller. {most:,} are all.",
        )
        st.caption(
            "The rows' own labels stay hidden, and no row changes: the second person's labels are kept beside them, "
            "and show how clear the labels are to people."
        )
        pressed = st.form_submit_button("Start labelling", type="primary", icon=":material/label:")
    if pressed and not name.strip():
        st.error("Type a name first: it is kept with the labels.", icon=":material/error:")
    elif pressed:
        st.session_state[SITTING] = st.session_state[BEFORE] = Sitting(info.id, name.strip(), int(size))
        st.rerun()


def _end() -> None:
    st.session_state.pop(SITTING, None)


@shell.fragment
def _queue(info: DatasetInfo, sitting: Sitting) -> None:
    workspace = shell.workspace()
    with shell.sentences():
        sample = agreeing.second_sample(workspace, info.id, sitting.annotator, sitting.size)
        skipped: list[str] = st.session_state.setdefault(SKIPPED, {}).setdefault(
            (info.id, sitting.annotator), []
        )
        left = sorted(sample.left, key=lambda row: skipped.index(row) if row in skipped else -1)
        with st.container(horizontal=True, vertical_alignment="center", key="review_head"):
            st.caption(
                f"{escape_md(sitting.annotator)}: {sample.done:,} of {count(sample.total, 'row')} labelled",
                width="stretch",
            )
            if st.button("Somebody else, or more rows", key="second_end", type="tertiary", on_click=_end):
                st.rerun()
            _undo(info, sitting)
        st.progress(sample.done / max(sample.total, 1))
        if not left:
            show_problem()
            st.success(
                "See under Agreement how often both agree.", title="All labelled", icon=":material/verified:"
            )
            return
        row = workspace.store.rows.one(info.id, left[0])
        show_plain_text(row.text, st.session_state.setdefault(NOTES, {}).get(row.id, ""))
        _keys(info, sitting, row, skipped)
        show_problem()
        _write_note(row)
        if workspace.read_only:
            st.caption(READ_ONLY)


def _keys(info: DatasetInfo, sitting: Sitting, row: Row, skipped: list[str]) -> None:
    label_buttons(
        LabelChoice("second", f"{row.id}_{row.version}", info),
        lambda label: _give(info, sitting, row, label),
    )
    with st.container(horizontal=True, key="decisions", gap="xsmall"):
        note_button("second", row, "Kept beside the label.")
        key_button(
            "Skip",
            "S",
            lambda: move_to_end(skipped, row.id),
            False,
            "Comes back at the end.",
            key="second_skip",
        )


def _give(info: DatasetInfo, sitting: Sitting, row: Row, label: str) -> None:
    note = st.session_state.setdefault(NOTES, {}).pop(row.id, "")
    agreeing.give_second_label(shell.workspace(), info.id, sitting.annotator, row, label, note)
    _given(info, sitting).append(row.id)
    close_note("second")


def _given(info: DatasetInfo, sitting: Sitting) -> list[str]:
    """The rows that were labelled in this session, in their order."""
    return st.session_state.setdefault(GIVEN, {}).setdefault((info.id, sitting.annotator), [])


def _undo(info: DatasetInfo, sitting: Sitting) -> None:
    given = _given(info, sitting)

    def take_back() -> None:
        if given:
            agreeing.take_back_second_label(shell.workspace(), info.id, sitting.annotator, given.pop())

    locked = shell.workspace().read_only
    key_button(
        "Undo",
        "U",
        take_back,
        locked or not given,
        "Takes the last label back." if given else "Nothing was labelled here.",
        key="second_undo",
        icon=":material/undo:",
        kind="tertiary",
    )


def _write_note(row: Row) -> None:
    notes: dict[str, str] = st.session_state.setdefault(NOTES, {})
    placeholder = "Enter keeps the note; then give the label"
    note_field("second", row, lambda note: notes.update({row.id: note}), placeholder, notes.get(row.id, ""))
