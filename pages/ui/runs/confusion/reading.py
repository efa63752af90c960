"""One of the readings of a step: which rows, read with which prompt; and one answer of it, with the request
that brought it and the raw reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.store.records import RunRecord
from core.tuning.evaluate import classify_requests
from core.types import Evaluation, Example, NeighbourSource, Outcome, Prediction, Prompt, Settings, Step
from pages.ui.answers import show_sent
from pages.ui.runs.steps import LoadedStep
from pages.ui.wording import escape_md

READINGS = {
    "validation": "Validation rows, with this step's prompt",
    "batch": "Training rows, before the edit",
}


@dataclass(frozen=True, slots=True)
class StepReading:
    """A reading that is looked at: `name` is "validation" or "batch", of the `loaded` step."""

    loaded: LoadedStep
    record: RunRecord
    name: str
    read: Evaluation

    @property
    def key(self) -> str:
        """Tells this reading from every other one."""
        return f"{self.record.id} {self.loaded.step.number} {self.name}"

    @property
    def prompt(self) -> Prompt:
        """What the rows were read with."""
        return (
            self.loaded.before if self.name == "batch" else self.loaded.step.candidate or self.loaded.prompt
        )

    @property
    def carried(self) -> bool:
        """Whether some replies may be those of an earlier prompt: under a cap on calls only what the edits
        may move is read again."""
        return (
            self.name == "validation"
            and self.loaded.step.number > 0
            and self.record.settings.max_calls is not None
        )


def choose_reading(step: Step) -> tuple[str | None, Evaluation | None]:
    """Which rows to look at, where a step has read two kinds, and their reading."""
    readings = {
        name: getattr(step, name)
        for name in READINGS
        if getattr(step, name) is not None and getattr(step, name).predictions
    }
    if len(readings) < 2:
        name = next(iter(readings), None)
    else:
        name = st.segmented_control(
            "Rows",
            list(readings),
            default="validation",
            required=True,
            format_func=READINGS.get,
            key="reading",
        )
    return name, readings.get(name)


CARRIED = (
    "Under a cap on calls, rows that the edits of a step do not touch keep the reply that they had: it may have come of the prompt of an "
    "earlier step."
)


def show_request(
    row: Example,
    prediction: Prediction,
    prompt: Prompt,
    settings: Settings,
    labels: Sequence[str],
    carried: bool,
) -> None:
    """The request is rendered again from the prompt and the text, as the run was told. `carried`: the reply
    may be an older one."""
    choices = labels if settings.structured_output else ()
    [request] = classify_requests(prompt, [row.text], choices, reply_tokens=settings.reply_tokens)
    st.subheader("What was sent, and what came back", anchor=False)
    sent, came = st.columns([3, 2], gap="medium")
    with sent:
        similar = prompt.few_shot.strategy == "similar"
        show_sent(settings.lightweight, request, NeighbourSource.PROMPT if similar else None)
    with came:
        if prediction.outcome is Outcome.FAILED:
            st.caption("The call failed")
            st.code(prediction.error, language=None, wrap_lines=True)
        else:
            st.caption(escape_md(prediction.error) if prediction.cut_off else "The raw reply")
            st.code(prediction.reply or "(empty)", language=None, wrap_lines=True)
        if row.note:
            st.caption("The note of the row")
            st.text(row.note)
        if carried:
            st.caption(CARRIED)
