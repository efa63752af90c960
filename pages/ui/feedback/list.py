"""What came in, the newest first: filters, a table, and all that is known of the one chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.services.champions import prompt_names
from core.services.feedback import discard_feedback, take_back
from core.store.feedback.records import Feedback, ServedPrediction, State
from core.store.records import DatasetInfo, Row
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act, who
from pages.ui.answers import show_label
from pages.ui.feedback.predictions import find
from pages.ui.feedback.wording import (
    SOURCES,
    STATES,
    answered,
    became,
    came_from,
    feedback_in_a_word,
    prediction_facts,
    when,
)
from pages.ui.mistakes import label_column
from pages.ui.row_panel.state import open_row
from pages.ui.sides import PAGER
from pages.ui.wording import escape_md, shortened

SIZE, MOST = 50, 1_000
KINDS = {"right": "Scores", "corrected": "Corrections"}
NOBODY = "(nobody named)"
KEYS = ("came_state", "came_search", "came_labels", "came_kind", "came_source", "came_who")
Line = tuple[Feedback, ServedPrediction | None]


def show_list(info: DatasetInfo) -> None:
    store = shell.workspace().store
    counts = store.feedback.counts(info.id)
    state = st.pills(
        "Outcome",
        [state for state in STATES if counts[state]],
        key="came_state",
        label_visibility="collapsed",
        format_func=lambda each: f"{STATES[each].capitalize()} {counts[each]:,}",
    )
    entries = store.feedback.all(info.id, state, MOST)
    answers = store.answers.some([each.prediction_id for each in entries])
    lines = _chosen([(each, answers.get(each.prediction_id)) for each in entries])
    pages = max(1, -(-len(lines) // SIZE))
    if st.session_state.get("came_page", 1) > pages:
        st.session_state["came_page"] = pages
    table = st.container()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        more = f", among the newest {MOST:,}" if len(entries) == MOST else ""
        st.caption(f"{len(lines):,} found{more}, the newest first", width="content")
        if any(st.session_state.get(key) for key in KEYS):
            st.button(
                "Clear filters",
                key="came_clear",
                on_click=_clear,
                icon=":material/filter_alt_off:",
                type="tertiary",
            )
        page = st.pagination(pages, key="came_page", width=PAGER) if pages > 1 else 1
    visible = lines[(page - 1) * SIZE : page * SIZE]
    with table:
        if not visible:
            st.info("No feedback matches these filters.", icon=":material/filter_alt_off:")
            return
        places = _table(visible, info)
    for index in places:
        if index < len(visible):
            _show(*visible[index], info)


def _chosen(lines: Sequence[Line]) -> list[Line]:
    labels = sorted(
        {
            label
            for feedback, answer in lines
            for label in (feedback.correction, answer.label if answer else "")
            if label
        }
    )
    sources = sorted({answer.source for _, answer in lines if answer and answer.source})
    people = sorted({feedback.who or NOBODY for feedback, _ in lines})
    grid = st.grid(5, min_column_width=150)
    words = (
        (
            grid.text_input(
                "Search",
                key="came_search",
                live="300ms",
                icon=":material/search:",
                label_visibility="collapsed",
                placeholder="Text, note or id",
            )
            or ""
        )
        .strip()
        .casefold()
    )

    def several(
        key: str, title: str, options: Sequence[str], naming: Callable[[str], str] = str
    ) -> list[str]:
        st.session_state[key] = [each for each in st.session_state.get(key, []) if each in options]
        return grid.multiselect(
            title, options, key=key, label_visibility="collapsed", placeholder=title, format_func=naming
        )

    kinds, wanted = (
        several("came_kind", "Scores and corrections", list(KINDS), KINDS.get),
        several("came_labels", "All labels", labels),
    )
    froms = several("came_source", "From anywhere", sources, lambda each: SOURCES.get(each, each))
    whose = several("came_who", "By anybody", people)
    return [
        (feedback, answer)
        for feedback, answer in lines
        if (
            not words
            or any(
                words in text.casefold()
                for text in (
                    answer.text if answer else "",
                    feedback.note,
                    feedback.prediction_id,
                    feedback.example_id,
                )
            )
        )
        and (not wanted or {feedback.correction, answer.label if answer else ""} & set(wanted))
        and (not kinds or ("corrected" if feedback.correction else "right") in kinds)
        and (not froms or (answer and answer.source in froms))
        and (not whose or (feedback.who or NOBODY) in whose)
    ]


def _table(visible: Sequence[Line], info: DatasetInfo) -> Sequence[int]:
    names = info.labels.names
    return st.dataframe(
        feedback_table(
            visible, shell.workspace().store.rows.some(info.id, [each.example_id for each, _ in visible])
        ),
        hide_index=True,
        alt="Feedback, newest first",
        on_select="rerun",
        selection_mode="single-row",
        key="came " + visible[0][0].id + str(len(visible)),
        height="content" if len(visible) < 14 else 500,
        column_config={
            "When": st.column_config.DatetimeColumn(
                format="D MMM, HH:mm", width=95, timezone=st.context.timezone or "UTC"
            ),
            "Text": st.column_config.TextColumn(width=200),
            "Predicted": label_column("Predicted", names, 115),
            "Feedback": label_column("Feedback", names, 115),
            "Why": st.column_config.TextColumn(width=120),
            "Outcome": st.column_config.TextColumn(width=170),
            "Who": st.column_config.TextColumn(width=75),
            "From": st.column_config.TextColumn(width=105),
        },
    ).selection.rows


def feedback_table(visible: Sequence[Line], rows: Mapping[str, Row]) -> pd.DataFrame:
    """What nobody has filled in has no column. `rows`: by id, those that feedback went into."""
    columns: dict[str, list] = {
        "When": [datetime.fromtimestamp(feedback.at, UTC) for feedback, _ in visible],
        "Text": [
            shortened(answer.text, 500) if answer else "prediction " + feedback.prediction_id
            for feedback, answer in visible
        ],
        "Predicted": [[answered(answer)] for _, answer in visible],
        "Feedback": [[feedback_in_a_word(feedback)] for feedback, _ in visible],
        "Why": [feedback.note for feedback, _ in visible],
        "Outcome": [_outcome(feedback, rows.get(feedback.example_id)) for feedback, _ in visible],
        "Who": [feedback.who for feedback, _ in visible],
        "From": [came_from(answer) for _, answer in visible],
    }
    return pd.DataFrame(
        {
            title: values
            for title, values in columns.items()
            if title not in ("Why", "Who", "From") or any(values)
        }
    )


def _outcome(feedback: Feedback, row: Row | None) -> str:
    """With the label that its row has today."""
    state = STATES[State(feedback.state)].capitalize()
    if feedback.state is not State.APPLIED or row is None:
        return state
    return f"{state} as {row.label}" if row.label else state + ", without a label"


def _show(feedback: Feedback, answer: ServedPrediction | None, info: DatasetInfo) -> None:
    """What one would want to know of it, the row it went into, and what can still be done."""
    names, locked = info.labels.names, shell.workspace().read_only
    with st.container(border=True, key="came_one"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            show_label(answered(answer), names)
            if feedback.correction:
                st.markdown(":material/arrow_forward:", width="content")
                show_label(feedback.correction, names)
            else:
                st.caption(feedback_in_a_word(feedback), width="content")
        if answer:
            with st.container(height=200 if len(answer.text) > 900 else "content", border=False):
                st.text(answer.text[:50_000])
        if feedback.note:
            st.caption(":material/sticky_note_2: " + escape_md(feedback.note))
        st.caption(escape_md(" · ".join(filter(None, _facts(feedback, answer).values()))))
        st.markdown(escape_md(became(feedback)) + ".")
        with st.container(horizontal=True, gap="small"):
            if feedback.example_id:
                st.button(
                    "Show the row",
                    icon=":material/table_rows:",
                    key="came_row",
                    on_click=open_row,
                    args=(feedback.dataset_id, feedback.example_id),
                )
            if answer:
                st.button(
                    "Show the prediction",
                    icon=":material/manage_search:",
                    key="came_prediction",
                    on_click=find,
                    args=(feedback.prediction_id,),
                )
            if feedback.state is State.APPLIED:
                return
            if answer and feedback.state is not State.INBOX:
                st.button(
                    "To the inbox",
                    icon=":material/inbox:",
                    key="came_inbox",
                    disabled=locked,
                    help=READ_ONLY if locked else None,
                    on_click=act,
                    args=(lambda: take_back(shell.workspace(), feedback.id), "It waits in the inbox."),
                )
            if feedback.state is not State.DISCARDED:
                st.button(
                    "Discard",
                    icon=":material/block:",
                    key="came_discard",
                    disabled=locked,
                    help=READ_ONLY if locked else None,
                    on_click=act,
                    args=(
                        lambda: discard_feedback(shell.workspace(), feedback.id, who()),
                        "It is discarded.",
                    ),
                )


def _facts(feedback: Feedback, answer: ServedPrediction | None) -> Mapping[str, str]:
    known = {"prediction": "prediction " + feedback.prediction_id}
    if answer:
        known = prediction_facts(answer, prompt_names(shell.workspace(), feedback.dataset_id))
    return {
        "when": when(feedback),
        "who": "by " + feedback.who if feedback.who else "",
        **known,
        "key": "key " + feedback.key if feedback.key else "",
    }


def _clear() -> None:
    for key in KEYS:
        st.session_state[key] = None if key == "came_state" else "" if key == "came_search" else []
