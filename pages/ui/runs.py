"""Runs on screen: the list, the chosen one's head with what can be done to it, what it is doing now, what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.state.records import RunRecord, RunStatus, StepFigures
from core.types import Decision, Metrics, Progress, Spend
from pages.ui.acting import READ_ONLY, act
from pages.ui.shell import workspace
from pages.ui.words import count, duration, escape_md, money, points, with_interval

STATUS = {
    RunStatus.QUEUED: ("Waiting", ":material/schedule:", "gray"),
    RunStatus.RUNNING: ("Running", ":material/play_circle:", "primary"),
    RunStatus.FINISHED: ("Finished", ":material/check_circle:", "green"),
    RunStatus.STOPPED: ("Stopped", ":material/stop_circle:", "orange"),
    RunStatus.INTERRUPTED: ("Interrupted", ":material/power_off:", "orange"),
    RunStatus.FAILED: ("Failed", ":material/error:", "red"),
}
ENDED = {
    "iterations": "All iterations are done.", "cap": "A cap was reached.", "no_mistakes": "No mistakes are left on the training rows.",
    "stopped": "Stopped on request.", "interrupted": "The program that carried it out ended before it did.",
    "error": "An error ended it.",
}
RESUMABLE = (RunStatus.STOPPED, RunStatus.INTERRUPTED, RunStatus.FAILED)


# ---- the list

def show_runs(records: Sequence[RunRecord], chosen: str) -> None:
    """A line per run, newest first; a click on one chooses it."""
    table = pd.DataFrame({
        "Run": [record.name for record in records],
        "Status": [STATUS[record.status][0] for record in records],
        "Baseline": [_points(record.baseline_accuracy) for record in records],
        "Best": [_points(record.best_accuracy) for record in records],
        "Gain": [_gain(record) for record in records],
        "Steps": [max(record.steps - 1, 0) for record in records],
        "Took": [duration(record.seconds) for record in records],
        "Started": [datetime.fromtimestamp(record.started or record.created, UTC) for record in records],
        "Models": [record.settings.lightweight + " + " + record.settings.heavyweight for record in records],
    })
    share = st.column_config.NumberColumn(format="%.1f %%", width="small", help="Accuracy on the validation rows")
    place = [record.id for record in records].index(chosen)
    key = "runs_table_" + chosen
    st.dataframe(
        table, hide_index=True, height=38 + 35 * min(len(table), 5), alt="Runs of this dataset, newest first", key=key,
        on_select=lambda: _choose(key, records), selection_mode="single-row-required", selection_default={"selection": {"rows": [place]}},
        column_config={
            "Run": st.column_config.TextColumn(width="medium"), "Status": st.column_config.TextColumn(width="small"),
            "Baseline": share, "Best": share,
            "Gain": st.column_config.NumberColumn("Gain, points", format="%+.1f", width="small"),
            "Steps": st.column_config.NumberColumn(width="small"), "Took": st.column_config.TextColumn(width="small", alignment="right"),
            "Started": st.column_config.DatetimeColumn(format="D MMM, HH:mm", width="small", timezone=st.context.timezone or "UTC"),
        },
    )


def _choose(key: str, records: Sequence[RunRecord]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        st.session_state["run"] = records[rows[0]].id


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _gain(record: RunRecord) -> float | None:
    known = record.baseline_accuracy is not None and record.best_accuracy is not None
    return 100 * (record.best_accuracy - record.baseline_accuracy) if known else None


# ---- the chosen run

def show_actions(record: RunRecord) -> None:
    """Its state, and the buttons that fit it."""
    name, icon, color = STATUS[record.status]
    read_only = workspace().read_only
    st.badge(name, icon=icon, color=color)
    if record.active:
        st.button(
            "Stopping …" if record.stop_requested else "Stop", icon=":material/stop:", key="stop", disabled=read_only or record.stop_requested,
            help=READ_ONLY if read_only else "Ends within a second or so; what is done is kept, and it can be resumed.",
            on_click=act, args=(lambda: workspace().store.runs.request_stop(record.id),),
        )
    if record.status in RESUMABLE:
        st.button(
            "Resume", icon=":material/resume:", type="primary", key="resume", disabled=read_only,
            help=READ_ONLY if read_only else "Goes on where it was; calls already made come from the cache.",
            on_click=act, args=(lambda: workspace().runner.resume(record.id),),
        )
    with st.popover("", icon=":material/more_horiz:", help="Rename or delete", key="run_menu", disabled=read_only):
        _rename(record)
        _delete(record)


def _rename(record: RunRecord) -> None:
    field = "name_of_" + record.id
    with st.form("rename", border=False):
        st.text_input("Name", record.name, key=field, max_chars=80)
        st.form_submit_button(
            "Rename", on_click=act, args=(lambda: workspace().store.runs.rename(record.id, st.session_state[field]), "Renamed."),
        )


def _delete(record: RunRecord) -> None:
    if record.active:
        st.caption("It can be deleted once it has ended.")
        return
    sure = st.checkbox("Delete it with " + count(record.steps, "step") + ", for good", key="sure_" + record.id)
    st.button(
        "Delete the run", icon=":material/delete:", key="delete", disabled=not sure, on_click=act,
        args=(lambda: workspace().store.runs.delete(record.id), "The run is deleted."),
    )


def show_now(record: RunRecord) -> None:
    """One line on what is happening, with how far it is."""
    progress = record.progress
    share = progress.done / progress.total if progress.total else 0.0
    st.progress(min(share, 1.0), text=escape_md(now_in_words(progress)))
    st.caption(escape_md(spent_in_words(record)))


def show_facts(record: RunRecord) -> None:
    """What it was told, and what it took."""
    told = record.settings
    parts = [told.lightweight + " + " + told.heavyweight, told.strategy, count(told.iterations, "iteration"), f"batch {told.batch_size:,}", f"seed {told.seed}"]
    caps = {"calls": told.max_calls, "heavyweight calls": told.max_heavy_calls, "tokens": told.max_tokens}
    parts += [f"at most {cap:,} {what}" for what, cap in caps.items() if cap is not None]
    parts += [f"at most ${told.budget_usd:,.2f}"] if told.budget_usd is not None else []
    st.caption(escape_md(" · ".join(parts)) + ("" if record.active else "  \nTook " + escape_md(spent_in_words(record))))


def now_in_words(progress: Progress) -> str:
    return progress.what + (f": {progress.done:,} of {progress.total:,}" if progress.total else " …")


def spent_in_words(record: RunRecord) -> str:
    """Time, then calls and money by role."""
    parts = [duration(record.seconds)]
    for role in ("lightweight", "heavyweight"):
        parts.append(role + ": " + _calls(record.spend.get(role, Spend())))
    return " · ".join(parts)


def _calls(spend: Spend) -> str:
    more = [f"{spend.cached:,} from cache"] if spend.cached else []
    more += [f"{spend.failed:,} failed"] if spend.failed else []
    more += [money(spend.cost_usd)] if spend.api else []
    return ", ".join([count(spend.api, "call"), *more])


# ---- what it came to

def show_figures(record: RunRecord, figures: Sequence[StepFigures]) -> None:
    """The starting prompt and the best so far, on validation rows, and on the test rows once they have been read."""
    start = next((step.validation for step in figures if step.number == 0), None)
    best = max((step for step in figures if step.kept and step.validation), key=lambda step: step.number, default=None)
    tests = [scored.evaluations.get("test") for scored in (record.result.baseline, record.result.best)] if record.result else [None, None]
    before, after = (found and found.metrics for found in tests)
    unread = "not read yet" if record.active else "not read"
    with st.grid(4, min_column_width=190):
        _metric("Validation, starting prompt", start, "–", "Rows that decide which prompt is kept")
        _metric("Validation, best prompt", best and best.validation, "–", "These rows chose it, so it flatters: the test figure is the claim", start)
        _metric("Test, starting prompt", before, unread, "Rows that no step has seen, read once, at the end")
        _metric("Test, best prompt", after, unread, "Rows that no step has seen, read once, at the end", before)


def _metric(title: str, metrics: Metrics | None, none: str, help: str, before: Metrics | None = None) -> None:
    value = with_interval(metrics.accuracy, metrics.interval) if metrics else none
    gain = points(before.accuracy, metrics.accuracy) if before and metrics else None
    st.metric(title, value, gain if gain and metrics.accuracy != before.accuracy else None, help=help, border=True, height="stretch")


def show_ending(record: RunRecord) -> None:
    """In words, how it ended and what that means."""
    said = escape_md(ended_in_words(record))
    if record.status is RunStatus.FAILED:
        st.error(said, title="This run failed", icon=":material/error:")
    elif record.status is RunStatus.INTERRUPTED:
        st.warning(said, title="Interrupted", icon=":material/power_off:")
    elif record.status is RunStatus.STOPPED and (record.result is None or record.result.test is None):
        st.warning(said + " Resume it to go on; the test rows are read at its end.", title="Stopped", icon=":material/stop_circle:")
    elif record.result is not None:
        _show_result(record)


def _show_result(record: RunRecord) -> None:
    result, ended = record.result, escape_md(ended_in_words(record))
    verdict = result.test
    if verdict is None:
        words = "The test rows were not read, so there is no claim." if result.split_sizes.get("test") else "There are no test rows, so there is no claim."
        st.info(words + " " + ended, icon=":material/info:")
    elif result.best.step == 0:
        st.info(
            f"The starting prompt stands: none of {count(max(record.steps - 1, 0), 'candidate')} did better on the validation rows. " + ended,
            title="No improvement found", icon=":material/verified:",
        )
    else:
        rows = count(verdict.comparison.n if verdict.comparison else 0, "test row")
        sentence = escape_md(f"On {rows}: {verdict.reason}.") + " " + ended
        if verdict.decision is Decision.ACCEPTED:
            st.success(sentence, title="Better than the starting prompt", icon=":material/trending_up:")
        elif verdict.decision is Decision.REJECTED:
            st.warning(sentence, title="Worse than the starting prompt on the test rows", icon=":material/trending_down:")
        else:
            st.info(sentence, title="No evidence of an improvement on the test rows", icon=":material/balance:")


def ended_in_words(record: RunRecord) -> str:
    """The sentence that came with the end, or what its one word means."""
    return record.error or ENDED.get(record.stop_reason, record.stop_reason)
