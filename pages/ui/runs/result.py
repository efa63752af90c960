"""What a run came to: the figures of the starting prompt and the best, the chart of accuracy per step, and the
end in words."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.services.next_step import drawback
from core.store.records import RunRecord, RunStatus, StepFigures
from core.types import Decision, Metrics, Scored
from core.wording import ENDED
from pages.ui.address import turn_to
from pages.ui.charts import accuracy_chart
from pages.ui.dataset_status import majority_of
from pages.ui.runs.caps import offer_caps
from pages.ui.runs.clickable import show_clickable
from pages.ui.runs.cut_off import show_cut_off
from pages.ui.runs.objective import show_objective
from pages.ui.runs.spend import show_spend
from pages.ui.runs.steps import BEST, best_step
from pages.ui.wording import count, escape_md, percent, points, with_interval


def show_result(run: RunRecord, figures: Sequence[StepFigures]) -> None:
    """How it ended, its figures, its chart, what it took."""
    if not run.active and run.status is not RunStatus.PAUSED:
        show_ending(run)
        offer_caps(run)
    show_figures(run, figures)
    show_cut_off(run, figures)
    show_objective(run)
    if figures:
        show_accuracy(figures, majority_of(run), best_step(run, figures))
    if not run.active:
        with st.expander("Cost and time", icon=":material/receipt_long:"):
            show_spend(run, figures)


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


def show_ending(record: RunRecord) -> None:
    """In words, how it ended and what that means."""
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
    elif record.result is not None:
        _show_result(record)


def _show_result(record: RunRecord) -> None:
    result, ended = record.result, escape_md(ended_in_words(record))
    verdict = result.test
    if verdict is None:
        why = "The test rows were not read" if result.split_sizes.get("test") else "There are no test rows"
        st.info(f"{why}, so there is no claim. " + ended, icon=":material/info:")
    elif record.steps < 2:
        nothing = "No step was done, so there is nothing to compare. "
        st.info(nothing + ended, title="Only the starting prompt was read", icon=":material/info:")
    elif result.best.step == 0:
        st.info(
            f"The starting prompt stands: no step of {record.steps - 1:,} did better on the validation rows. "
            + ended,
            title="No improvement found",
            icon=":material/verified:",
        )
    else:
        rows = count(verdict.comparison.n if verdict.comparison else 0, "test row")
        sentence = escape_md(f"On {rows}: {verdict.reason}.") + " " + ended
        if drawback(result):
            st.info(sentence, title="Not called an improvement", icon=":material/balance:")
        elif verdict.decision is Decision.ACCEPTED:
            st.success(sentence, title="Better than the starting prompt", icon=":material/trending_up:")
        elif verdict.decision is Decision.REJECTED:
            st.warning(
                sentence,
                title="Worse than the starting prompt on the test rows",
                icon=":material/trending_down:",
            )
        else:
            st.info(
                sentence, title="No evidence of an improvement on the test rows", icon=":material/balance:"
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
