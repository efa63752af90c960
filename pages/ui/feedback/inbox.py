"""The inbox: one card at a time, a key for every decision, and back again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.services.feedback import accept_feedback, discard_feedback, take_back
from core.store.feedback.records import Feedback, ServedPrediction, State
from core.store.records import DatasetInfo, Row
from pages.ui import shell
from pages.ui.actions import show_problem, who
from pages.ui.answers import show_label
from pages.ui.dataset_status import SPLIT_WORDS
from pages.ui.feedback.news import suggest_tuning
from pages.ui.feedback.wording import answered, came_from, feedback_in_a_word, when
from pages.ui.key_button import LabelChoice, key_button, label_buttons
from pages.ui.review.card import BIG, LONGEST, show_lines
from pages.ui.sides import text_and_evidence
from pages.ui.wording import escape_md, shortened

MADE, LATER, FIRST, PROBLEM = "inbox made", "inbox later", "inbox first", "problem"  # in the session


@dataclass(frozen=True, slots=True)
class Item:
    """`label` is what accepting it would give the row; `rows` have its text already."""

    feedback: Feedback
    answer: ServedPrediction
    label: str
    rows: tuple[Row, ...]


@shell.fragment
def show_inbox(info: DatasetInfo) -> None:
    """A decision draws nothing but this again."""
    with shell.sentences():
        info = shell.workspace().store.datasets.info(info.id)  # its labels may have become more
        _forget_of_other_datasets(info)
        waiting = _waiting(info)
        made: list[str] = st.session_state[MADE]
        if not waiting and not made:
            show_problem()
            _nothing_left(False)
            suggest_tuning(info)
            return
        with st.container(horizontal=True, vertical_alignment="center", key="inbox_head"):
            st.caption(
                f"{len(made):,} of {len(made) + len(waiting):,} decided"
                if made
                else f"{len(waiting):,} to decide",
                width="stretch",
            )
            key_button(
                "Undo",
                "U",
                _undo,
                shell.workspace().read_only or not made,
                "The last decision made here, with what it changed in the rows."
                if made
                else "Nothing was decided here.",
                key="inbox_undo",
                icon=":material/undo:",
                kind="tertiary",
            )
        st.progress(len(made) / max(len(made) + len(waiting), 1))
        item = _first(waiting)
        if item is None:
            show_problem()
            _nothing_left(True)
            suggest_tuning(info)
            return
        text, evidence = text_and_evidence()
        with text:
            _show_text(item, info)
            _show_decisions(item)
            label_buttons(
                LabelChoice(
                    "inbox",
                    item.feedback.id,
                    info,
                    item.label,
                    "Accept gives it this label.",
                ),
                lambda label: _decide(
                    item.feedback.id,
                    lambda: accept_feedback(shell.workspace(), item.feedback.id, label, who()),
                ),
            )
            show_problem()
        with evidence:
            _show_evidence(item, info)


def _waiting(info: DatasetInfo) -> list[Feedback]:
    """What was said first comes first, what was put off last; what was just undone before all."""
    later: list[str] = st.session_state[LATER]
    entries = list(reversed(shell.workspace().store.feedback.all(info.id, State.INBOX)))
    entries.sort(key=lambda feedback: later.index(feedback.id) if feedback.id in later else -1)
    entries.sort(key=lambda feedback: feedback.id != st.session_state.get(FIRST))
    return entries


def _first(waiting: list[Feedback]) -> Item | None:
    store = shell.workspace().store
    if not waiting:
        return None
    feedback = waiting[0]
    answer = store.answers.get(feedback.prediction_id)
    return Item(
        feedback,
        answer,
        store.feedback.proposed_label(feedback.id),
        store.rows.with_text(feedback.dataset_id, answer.text),
    )


def _show_text(item: Item, info: DatasetInfo) -> None:
    """As tall for every card, so that what is under it stays in its place."""
    st.html(BIG)
    names, text = info.labels.names, item.answer.text
    with st.container(border=True, height=230, key="review_text"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            show_label(answered(item.answer), names)
            if item.feedback.correction and item.feedback.correction != item.answer.label:
                st.markdown(":material/arrow_forward:", width="content")
                show_label(item.feedback.correction, names)
            correction = "corrected" if item.feedback.correction else feedback_in_a_word(item.feedback)
            st.caption(
                correction + _about_label(item.label, names),
                width="content",
            )
        st.text(text[:LONGEST] + ("…" if len(text) > LONGEST else ""))
        if item.feedback.note:
            st.caption(":material/sticky_note_2: " + escape_md(shortened(item.feedback.note, 1_000)))


def _about_label(label: str, names: Sequence[str]) -> str:
    if not label:
        return ": choose the label that is right"
    return "" if label in names else ", a new label"


def _show_decisions(item: Item) -> None:
    locked, feedback = shell.workspace().read_only, item.feedback
    with st.container(horizontal=True, key="decisions", gap="xsmall"):
        key_button(
            "Accept",
            "A",
            lambda: _decide(
                feedback.id, lambda: accept_feedback(shell.workspace(), feedback.id, None, who())
            ),
            locked or not item.label,
            _effect(item)
            if item.label
            else "Nobody has said which label is right: choose one by its number.",
            key="inbox_accept",
            icon=":material/check:",
            kind="primary",
            width=180,
        )
        key_button(
            "Discard",
            "D",
            lambda: _decide(feedback.id, lambda: discard_feedback(shell.workspace(), feedback.id, who())),
            locked,
            "It is kept, but never added to the rows.",
            key="inbox_discard",
        )
        key_button(
            "Later", "J", lambda: _put_off(feedback.id), False, "Comes back at the end.", key="inbox_later"
        )


def _effect(item: Item) -> str:
    """What accepting it does."""
    if not item.rows:
        return "Adds the text as a row labelled “" + item.label + "”."
    note = item.feedback.note if item.feedback.correction else ""
    if all(row.label == item.label and (not note or row.note == note) for row in item.rows):
        return "Changes nothing: the row has this label already."
    return "Corrects the row that has this text, and can be undone."


def _show_evidence(item: Item, info: DatasetInfo) -> None:
    feedback, answer = item.feedback, item.answer
    came = [
        when(feedback),
        "by " + feedback.who if feedback.who else "",
        "from " + came_from(answer) if answer.source else "",
        answer.model,
    ]
    with st.container(border=True, height=340, key="inbox_evidence"):
        st.caption(escape_md(" · ".join(filter(None, came))))
        st.markdown(
            "\n".join(
                "- " + escape_md(line)
                for line in filter(
                    None,
                    (
                        "Why it is here: " + (feedback.why or "a rule sends it to the inbox") + ".",
                        _effect(item) if item.label else "",
                        "The model's reason: " + shortened(answer.reason, 600) if answer.reason else "",
                    ),
                )
            )
        )
        show_lines(
            "The row that has this text" if len(item.rows) == 1 else "The rows that have this text",
            [
                (
                    row.text,
                    row.label,
                    " · ".join(
                        filter(
                            None,
                            (
                                SPLIT_WORDS[row.split],
                                "canonical" * row.canonical,
                                "without a label" if not row.label else "excluded" * row.excluded,
                                "reviewed" * bool(row.review),
                                row.note,
                            ),
                        )
                    ),
                )
                for row in item.rows
            ],
            info.labels.names,
        )
        others = [
            each
            for each in shell.workspace().store.feedback.on(info.id, [answer.id]).get(answer.id, ())
            if each.id != feedback.id
        ]
        show_lines(
            "Other feedback on it",
            [(each.note or "–", feedback_in_a_word(each), each.who) for each in others],
            info.labels.names,
        )


def _decide(feedback_id: str, action: Callable[[], object]) -> None:
    """A key that was pressed again before the next card was drawn decides nothing twice."""
    if feedback_id in st.session_state[MADE]:
        return
    action()
    st.session_state[MADE].append(feedback_id)
    st.session_state.pop(FIRST, None)


def _undo() -> None:
    """The last decision of this session. Conflict where the rows were changed since; then it is left as it
    is, and the one before it comes next."""
    if not st.session_state[MADE]:
        return
    last = st.session_state[MADE].pop()
    take_back(shell.workspace(), last)
    st.session_state[FIRST] = last


def _put_off(feedback_id: str) -> None:
    later: list[str] = st.session_state[LATER]
    if feedback_id in later:
        later.remove(feedback_id)
    later.append(feedback_id)
    st.session_state.pop(FIRST, None)


def _forget_of_other_datasets(info: DatasetInfo) -> None:
    if st.session_state.get("inbox of") != info.id:
        st.session_state["inbox of"] = info.id
        st.session_state[MADE], st.session_state[LATER] = [], []
        st.session_state.pop(FIRST, None)


def _nothing_left(decided: bool) -> None:
    if decided:
        st.success(
            "What you accepted is in the rows.", title="The inbox is empty", icon=":material/verified:"
        )
    else:
        st.info(
            "Feedback comes here where a rule says so, or where it is for a person to decide: a new label, a held-out, canonical or "
            "reviewed row.",
            title="The inbox is empty",
            icon=":material/inbox:",
        )
