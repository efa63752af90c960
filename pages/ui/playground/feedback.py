"""Under an answer: was it right, or what should it have been, and why? What the rules made of it is said at
once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.errors import UsageError
from core.label_sets.sets import set_label
from core.services.feedback import Said, receive_last_word, withdraw
from core.store.feedback.apply_feedback import AS_IT_WAS
from core.store.feedback.records import Feedback, State
from pages.ui.actions import READ_ONLY, act, show_problem, who
from pages.ui.navigation import go
from pages.ui.shell import workspace
from pages.ui.wording import escape_md

FATES = {
    State.NEW: "Kept, but not used: no rule on Feedback takes it.",
    State.INBOX: "It waits in the inbox.",
    State.APPLIED: "It is in the rows of the dataset now.",
    State.DISCARDED: "It was discarded.",
    State.WAITING: "Kept.",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What is judged. `label` is what was answered, "" for no label; `keep` stores the answer first, where it
    is not stored yet; `at` tells apart several places on one page where the same answer may stand; `several`: a text may
    have several of the labels."""

    dataset_id: str
    prediction_id: str
    label: str
    labels: tuple[str, ...]
    keep: Callable[[], None] = lambda: None
    at: str = ""
    several: bool = False

    @property
    def name(self) -> str:
        """Of its widgets."""
        return self.prediction_id + self.at


def ask_feedback(judged: Judged) -> None:
    if workspace().read_only:
        st.caption(READ_ONLY)
        return
    sent = _given(judged)
    name, problem = judged.name, "feedback problem " + judged.name
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if judged.label:
            st.button(
                "Right",
                icon=":material/thumb_up:",
                key="right " + name,
                on_click=act,
                args=(partial(_send, judged, 1.0), "", problem),
            )
            st.button(
                "Wrong",
                icon=":material/thumb_down:",
                key="wrong " + name,
                on_click=act,
                args=(partial(_send, judged, 0.0), "", problem),
            )
        with st.popover(
            "It should have been…", icon=":material/edit:", key="correcting " + name, on_change="rerun"
        ):
            _ask_label(judged)
            st.text_input(
                "Why? (if you like)",
                key="why " + name,
                help="It becomes the row's note, which the heavyweight model reads.",
            )
            st.button(
                "Send",
                type="primary",
                key="send " + name,
                on_click=act,
                args=(partial(_send, judged, None), "", problem),
            )
    show_problem(problem)
    if sent:
        _show_sent(sent[-1], problem, name)


def _ask_label(judged: Judged) -> None:
    key = "should " + judged.name
    if judged.several:
        st.multiselect("The right labels", judged.labels, key=key, placeholder="Choose all that fit")
        return
    if not judged.labels:
        st.text_input("The right answer", key=key)
        return
    others = [label for label in judged.labels if label != judged.label]
    st.selectbox("The right label", others, index=None, key=key, placeholder="Choose a label")


def _given(judged: Judged) -> tuple[Feedback, ...]:
    of_predictions = workspace().store.feedback.on(judged.dataset_id, [judged.prediction_id])
    return of_predictions.get(judged.prediction_id, ())


def _show_sent(feedback: Feedback, problem: str, name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(escape_md(in_words(feedback)), width="content")
        if feedback.state is State.NEW and st.button(
            "Open the rules", icon=":material/rule:", key="rules " + name, type="tertiary"
        ):
            go("feedback", feedback="rules")
        if feedback.state is not State.DISCARDED:
            st.button(
                "Undo",
                icon=":material/undo:",
                key="undo " + name,
                type="tertiary",
                on_click=act,
                args=(lambda: withdraw(workspace(), feedback.id, who()), "", problem),
            )


def in_words(feedback: Feedback) -> str:
    if feedback.score is None:
        text = f"You said: it should have been “{feedback.correction}”."
    else:
        text = "You said: right." if feedback.score > 0 else "You said: wrong."
    if feedback.score == 0 and feedback.state is State.NEW:
        return (
            text + " Kept, but not used: say what it should have been, or add a rule for negative feedback."
        )
    fate = "" if feedback.why.endswith(AS_IT_WAS) else FATES[State(feedback.state)]
    why = f"{feedback.why[0].upper()}{feedback.why[1:]}." if feedback.why else ""
    return " ".join(filter(None, [text, fate, why]))


def _send(judged: Judged, score: float | None) -> None:
    """Without a score it is the label that was chosen. What was typed is read now, not when the page was drawn."""
    if score is not None:
        feedback = Said(judged.prediction_id, score=score, who=who())
    else:
        chosen = st.session_state.get("should " + judged.name)
        label = set_label(chosen) if isinstance(chosen, list) else (chosen or "").strip()
        if not label:
            raise UsageError(
                "Choose the right label first." if judged.labels else "Type the right answer first."
            )
        note = st.session_state.get("why " + judged.name, "").strip()
        feedback = Said(judged.prediction_id, correction=label, note=note, who=who())
    judged.keep()
    receive_last_word(workspace(), judged.dataset_id, feedback)
    st.session_state["correcting " + judged.name] = False  # shut: what became of it stands beneath
