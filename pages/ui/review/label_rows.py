"""Rows without a label, one at a time: a key for each label, every one stored at once and undone step by
step."""

from __future__ import annotations

import streamlit as st

from core.services.labelling import unlabelled as labelling
from core.services.labelling.suggestions import LabelSuggestion
from core.services.labelling.unlabelled import LabellingProgress
from core.store.records import Change, DatasetInfo, Row
from pages.ui import shell
from pages.ui.actions import show_problem, who
from pages.ui.answers import show_label_bars
from pages.ui.key_button import LabelChoice, key_button, label_buttons
from pages.ui.navigation import go
from pages.ui.review.card import show_lines, show_plain_text
from pages.ui.review.decisions import MADE, WHY, remember, turn_back_or_on
from pages.ui.review.label_names import show_label_form
from pages.ui.review.label_suggestions import (
    CHAMPION,
    NEIGHBOURS,
    NOTHING,
    choose_source,
    offer_champion,
    suggestion,
)
from pages.ui.review.note_field import close_note, note_button, note_field
from pages.ui.review.progress import begin
from pages.ui.review.queue import FIRST, move_to_end
from pages.ui.sides import text_and_evidence
from pages.ui.wording import count, escape_md, percent, shortened

SKIPPED = "labelling skipped"  # in the session


def label_rows(info: DatasetInfo) -> None:
    """The queue; the labels are to be named first."""
    if not info.unlabelled and not st.session_state.get(MADE):
        _all_labelled(info)
    elif len(info.labels.names) < 2:
        with st.container(border=True, width=760):
            st.subheader("Name the labels first", anchor=False)
            st.caption(
                f"{count(info.unlabelled, 'row')} wait for a label. Name the labels and say what each means. "
                "More can be added at any time."
            )
            show_label_form(info)
    else:
        _queue(info)


@shell.fragment
def _queue(info: DatasetInfo) -> None:
    """One row; a label draws nothing but this again."""
    workspace = shell.workspace()
    begin(info)
    with shell.sentences():
        with st.container(horizontal=True, vertical_alignment="center", key="review_head"):
            summary = st.container(width="stretch")
            source = choose_source(info)
            if source == CHAMPION:
                offer_champion(info)
            with st.popover("Labels", icon=":material/label:", type="tertiary", key="more_labels"):
                show_label_form(info)
            turn_back_or_on(info)
        left, done = _waiting(info), labelling.progress(workspace, info.id)
        summary.caption(progress_in_words(done, len(st.session_state.get(MADE, ()))))
        st.progress(done.labelled / max(done.total, 1))
        if not left:
            show_problem()
            _all_labelled(info, done.aside)
            return
        row = workspace.store.rows.one(info.id, left[0])
        suggested = suggestion(info, source, row.id)
        text, beside = text_and_evidence()
        with text:
            show_plain_text(row.text, row.note)
            _label_keys(info, row, suggested)
            show_problem()
            _write_note(info, row)
            if source != NOTHING:
                _bars(info, done)
        with beside:
            if source == NOTHING:
                _bars(info, done)
            else:
                _evidence(info, suggested, source)


def _waiting(info: DatasetInfo) -> list[str]:
    """The row of a label that was just undone first, skipped ones last."""
    with st.spinner("Choosing the rows to label next …", show_time=True):
        left = labelling.waiting(shell.workspace(), info.id, but=_skipped(info))
    first = st.session_state.get(FIRST)
    if first:
        row = shell.workspace().store.rows.some(info.id, [first]).get(first)
        if row is not None and not row.label and not row.review:
            return [first, *(each for each in left if each != first)]
    return left


def progress_in_words(done: LabellingProgress, here: int) -> str:
    """12 of 240 rows labelled · 3 put aside · 12 here"""
    parts = [f"{done.labelled:,} of {count(done.total, 'row')} labelled"]
    parts += [f"{done.aside:,} put aside"] if done.aside else []
    parts += [f"{here:,} decided in this session"] if here else []
    return " · ".join(parts)


def _label_keys(info: DatasetInfo, row: Row, suggested: LabelSuggestion | None) -> None:
    locked = shell.workspace().read_only
    if suggested is not None:
        key_button(
            shortened(suggested.label, 24),
            "A",
            lambda: _label(info, row, suggested.label, suggested),
            locked,
            "As suggested: " + suggested.why,
            key="labelling_accept",
            icon=":material/check:",
            kind="primary",
        )
    label_buttons(
        LabelChoice("labelling", f"{row.id}_{row.version}", info),
        lambda label: _label(info, row, label, suggested),
    )
    with st.container(horizontal=True, key="decisions", gap="xsmall"):
        note_button("labelling", row, "Why the label is right.")
        key_button(
            "Skip", "S", lambda: _skip(info, row), False, "Comes back at the end.", key="labelling_skip"
        )
        key_button(
            "No label fits",
            "G",
            lambda: remember(labelling.put_aside(shell.workspace(), info.id, row, who()), row, False),
            locked,
            "Puts the row aside: it stays without a label.",
            key="labelling_aside",
        )


def _label(info: DatasetInfo, row: Row, label: str, suggested: LabelSuggestion | None) -> None:
    set_id = labelling.give_first_label(shell.workspace(), info.id, row, label, who())
    remember(set_id, row, suggested is not None and suggested.label == label)
    close_note("labelling")


def _skipped(info: DatasetInfo) -> list[str]:
    return st.session_state.setdefault(SKIPPED, {}).setdefault(info.id, [])


def _skip(info: DatasetInfo, row: Row) -> None:
    move_to_end(_skipped(info), row.id)
    st.session_state.pop(FIRST, None)


def _write_note(info: DatasetInfo, row: Row) -> None:
    """The row stays until it has its label."""

    def save(note: str) -> None:
        change = Change(row.id, "note", note, row.version)
        shell.workspace().store.edits.change(info.id, [change], who(), WHY + "noted")
        st.session_state[FIRST] = row.id

    note_field("labelling", row, save, "Enter saves the note; then give the label")


def _evidence(info: DatasetInfo, suggested: LabelSuggestion | None, source: str) -> None:
    with st.container(border=True, height=478, key="review_evidence"):
        if suggested is not None:
            st.markdown(f"**{escape_md(suggested.label)}**: {escape_md(suggested.why)}")
            near = [
                (each.row.text, each.row.label, percent(each.similarity, 0)) for each in suggested.nearest
            ]
            show_lines("Most similar labelled rows", near, info.labels.names)
        elif source == NEIGHBOURS:
            st.caption("No similar labelled row yet.")
        elif source == CHAMPION:
            st.caption("The champion has not classified this row, or named no label for it.")


def _bars(info: DatasetInfo, done: LabellingProgress) -> None:
    st.caption("Rows per label")
    show_label_bars(done.labels, info.labels.names)


def _all_labelled(info: DatasetInfo, aside: int = 0) -> None:
    if not info.rows:
        st.info("The dataset has no rows.", icon=":material/info:")
        return
    st.success(
        f"{count(aside, 'row')} put aside {'has' if aside == 1 else 'have'} none, since no label fits."
        if aside
        else "Correct labels in the table of the dataset."
        if info.labels.several
        else "Labels in doubt are looked for under Cards.",
        title="Every row has its label" if not aside else "Every other row has its label",
        icon=":material/verified:",
    )
    if st.button("Set up a run", icon=":material/play_circle:", key="labelled_to_run", type="primary"):
        go("new run")
