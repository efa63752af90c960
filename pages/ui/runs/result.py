"""The chart of accuracy per step, and what is said of an end before its time."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.metrics.metrics import by_score
from core.store.records import RunRecord, RunStatus, StepFigures
from core.types import Metrics
from core.wording import ENDED, constant_in_words
from pages.ui.address import turn_to
from pages.ui.charts import accuracy_chart, are_graded, chart_in_words
from pages.ui.dataset_status import majority_of
from pages.ui.runs.clickable import show_clickable
from pages.ui.runs.steps import BEST
from pages.ui.wording import escape_md, percent


def show_capped(record: RunRecord, number: int, at_step: Metrics | None, best: Metrics | None) -> None:
    """Why the best step's own figure is another one than that of the end."""
    best, at_step = (each and by_score(each) for each in (best, at_step))
    if record.settings.max_calls is not None and best and at_step and best.accuracy != at_step.accuracy:
        st.caption(
            f"Step {number} itself shows {percent(at_step.accuracy)}: under the cap on calls a step reads again only "
            "what its edits may move. With the best prompt all validation rows were read at the end."
        )


def show_early_end(record: RunRecord) -> None:
    """Where it ended before its time: how, and what that means."""
    message = escape_md(ended_in_words(record))
    if record.status is RunStatus.FAILED:
        st.error(message, title="This run failed", icon=":material/error:")
    elif record.status is RunStatus.INTERRUPTED:
        st.warning(message, title="Interrupted", icon=":material/power_off:")
    elif record.status is RunStatus.STOPPED and (record.result is None or record.result.test is None):
        st.warning(
            message + " Resume it to go on; the test rows are read at its end.",
            title="Stopped",
            icon=":material/stop_circle:",
        )


def ended_in_words(record: RunRecord) -> str:
    """The sentence that came with the end, or what its one word means."""
    return record.error or ENDED.get(record.stop_reason, record.stop_reason)


def show_accuracy(
    figures: Sequence[StepFigures],
    run: RunRecord,
    chosen: int,
    best: int,
    planned: int | None = None,
) -> None:
    """`chosen` is the number of the step that is shown. A second click on its mark goes back to the best so
    far. `planned`: steps of a run under way."""
    majority, scorer = majority_of(run), run.settings.scorer
    about = (round(majority, 6), best, planned, *((step.number, step.saved) for step in figures))
    show_clickable(
        "accuracy",
        about,
        str(chosen),
        lambda marked: accuracy_chart(
            figures, majority, None if marked is None else int(marked), best, planned, scorer
        ),
        _open_step,
        alt=alt_of_accuracy(figures, majority, scorer),
    )
    st.caption(chart_in_words(figures, majority, scorer=scorer))


def alt_of_accuracy(figures: Sequence[StepFigures], majority: float, scorer: str) -> str:
    """The chart for whoever does not see it."""
    if are_graded(figures):
        return "Mean score per step on validation rows"
    return (
        f"Accuracy per step on validation rows; {constant_in_words(scorer)} alone reaches {percent(majority)}"
    )


def _open_step(name: str | None) -> None:
    turn_to("step", BEST if name is None else int(name))
    turn_to("view", "steps")
