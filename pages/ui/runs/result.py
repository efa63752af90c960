"""What a run came to: the figures of the starting prompt and the best, the chart of accuracy per step, and the
end in words."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.store.records import RunRecord, RunStatus, StepFigures
from core.types import Metrics, Scored
from core.wording import ENDED
from pages.ui.address import turn_to
from pages.ui.charts import accuracy_chart
from pages.ui.dataset_status import majority_of
from pages.ui.runs.clickable import show_clickable
from pages.ui.runs.cut_off import show_cut_off
from pages.ui.runs.objective import show_objective
from pages.ui.runs.steps import BEST, best_step
from pages.ui.wording import escape_md, percent, points, with_interval


def show_result(run: RunRecord, figures: Sequence[StepFigures]) -> None:
    """Of a run that goes on: its figures and its chart so far."""
    show_figures(run, figures)
    show_cut_off(run, figures)
    show_objective(run)
    if figures:
        show_accuracy(figures, majority_of(run), best_step(run, figures))


def show_figures(record: RunRecord, figures: Sequence[StepFigures]) -> None:
    """The starting prompt and the best so far, on validation rows, and on the test rows once they have been
    read."""
    start = next((step.validation for step in figures if step.number == 0), None)
    number = best_step(record, figures)
    best = at_step = next((step.validation for step in figures if step.number == number), None)
    before = after = None
    if record.result:
        first, last = _read(record.result.baseline), _read(record.result.best)
        start, best = first.get("validation", start), last.get("validation", best)
        before, after = first.get("test"), last.get("test")
    unread = "not read yet" if record.active else "not read"
    with st.grid(4, min_column_width=190):
        _metric("Validation, starting prompt", start, "–", "Rows that decide which prompt is kept")
        _metric(
            "Validation, best prompt", best, "–", "These rows chose it: the test figure is the claim", start
        )
        _metric("Test, starting prompt", before, unread, "Rows that no step has seen, read once, at the end")
        _metric(
            "Test, best prompt", after, unread, "Rows that no step has seen, read once, at the end", before
        )
    show_capped(record, number, at_step, best)


def show_capped(record: RunRecord, number: int, at_step: Metrics | None, best: Metrics | None) -> None:
    """Why the best step's own figure is another one than that of the end."""
    if record.settings.max_calls is not None and best and at_step and best.accuracy != at_step.accuracy:
        st.caption(
            f"Step {number} itself shows {percent(at_step.accuracy)}: under the cap on calls a step reads again only "
            "what its edits may move. With the best prompt all validation rows were read at the end."
        )


def _read(scored: Scored) -> dict[str, Metrics]:
    return {split: evaluation.metrics for split, evaluation in scored.evaluations.items()}


def _metric(title: str, metrics: Metrics | None, none: str, help: str, before: Metrics | None = None) -> None:
    value = with_interval(metrics.accuracy, metrics.interval) if metrics else none
    gain = points(before.accuracy, metrics.accuracy) if before and metrics else None
    st.metric(
        title,
        value,
        gain if gain and metrics.accuracy != before.accuracy else None,
        help=help,
        border=True,
        height="stretch",
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


def show_accuracy(figures: Sequence[StepFigures], majority: float, chosen: int) -> None:
    """`chosen` is the number of the step that is shown. A second click on its mark goes back to the best so
    far."""
    about = (round(majority, 6), *((step.number, step.saved) for step in figures))
    show_clickable(
        "accuracy",
        about,
        str(chosen),
        lambda marked: accuracy_chart(figures, majority, None if marked is None else int(marked)),
        lambda name: turn_to("step", BEST if name is None else int(name)),
        alt=f"Accuracy per step on validation rows and on training batches; the most frequent label alone reaches {percent(majority)}",
    )
