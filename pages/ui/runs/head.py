"""The chosen run: its state, what can be done to it, what it is doing now, what it was told and what it
took."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.exports.report.costs import start_in_words
from core.llm.base import roles_of
from core.services.runs import finish_run, resume_run
from core.services.versions.versions import version_of_run
from core.store.records import RunRecord, RunStatus
from core.tuning.plan import steps_planned
from core.types import Spend
from core.types.runs import REPLY_TOKENS
from pages.ui.actions import act, no_spending
from pages.ui.keys import typed_keys
from pages.ui.models import custom_address
from pages.ui.navigation import go
from pages.ui.shell import workspace
from pages.ui.wording import count, duration, escape_md, spend_money

STATUS = {
    RunStatus.QUEUED: ("Waiting", ":material/schedule:", "gray"),
    RunStatus.RUNNING: ("Running", ":material/play_circle:", "blue"),
    RunStatus.FINISHED: ("Finished", ":material/check_circle:", "green"),
    RunStatus.PAUSED: ("Paused", ":material/pause_circle:", "violet"),
    RunStatus.STOPPED: ("Stopped", ":material/stop_circle:", "orange"),
    RunStatus.INTERRUPTED: ("Interrupted", ":material/power_off:", "orange"),
    RunStatus.FAILED: ("Failed", ":material/error:", "red"),
}
RESUMABLE = (RunStatus.STOPPED, RunStatus.INTERRUPTED, RunStatus.FAILED)


def show_actions(record: RunRecord, runs: Sequence[RunRecord]) -> None:
    """Its state, and the buttons that fit it; `runs` are those it may be compared with."""
    name, icon, color = STATUS[record.status]
    st.badge(name, icon=icon, color=color)
    if record.active and not workspace().read_only:
        _pause(record)
        _stop(record)
    if record.status in RESUMABLE and not workspace().read_only:
        _resume(record)
    if record.steps and record.status is not RunStatus.FINISHED and not workspace().read_only:
        _finish(record)
    if record.steps and not record.active:
        download_report(record)
    with st.popover("More", icon=":material/more_horiz:", key="run_menu"):
        _compare(record, runs)
        if not workspace().read_only:
            _rename(record)
            _delete(record)


def _stop(record: RunRecord) -> None:
    st.button(
        "Stopping …" if record.stop_requested else "Stop",
        icon=":material/stop:",
        key="stop",
        disabled=record.stop_requested,
        help="Ends within a second or so; what is done is kept, and it can be resumed.",
        on_click=act,
        args=(lambda: workspace().store.leases.request_stop(record.id),),
    )


def _finish(record: RunRecord) -> None:
    no_money = no_spending()
    st.button(
        "Finishing …" if record.finish_requested and record.active else "Finish now",
        icon=":material/sports_score:",
        key="finish",
        disabled=bool(no_money) or (record.finish_requested and record.active),
        help=no_money or "Tries no further step: reads the test rows with the best prompt so far, and ends.",
        on_click=act,
        args=(lambda: finish_run(workspace(), record.id, typed_keys()),),
    )


def _resume(record: RunRecord) -> None:
    no_money = no_spending()
    st.button(
        "Resume",
        icon=":material/resume:",
        type="primary",
        key="resume",
        disabled=bool(no_money),
        help=no_money or "Goes on where it was; calls already made come from the cache.",
        on_click=act,
        args=(lambda: resume_run(workspace(), record.id, typed_keys()),),
    )


def _pause(record: RunRecord) -> None:
    wanted = record.pause_requested
    st.button(
        "Pausing …" if wanted else "Pause",
        icon=":material/pause:",
        key="pause",
        disabled=record.stop_requested,
        help="It will pause at its next proposal. Press again to let it go on."
        if wanted
        else "Pauses when the next edits are proposed, before they are tried: change them, leave some out, add your own.",
        on_click=act,
        args=(lambda: workspace().store.pauses.request_pause(record.id, not wanted),),
    )


def download_report(record: RunRecord) -> None:
    """One HTML file about the run. It is made when the button is pressed, in a thread of its own."""
    shared, run_id = workspace(), record.id

    def made() -> bytes:
        from core.exports.report.page import report
        from core.services.run_report import report_with_cost

        return report(report_with_cost(shared, run_id)).encode()

    st.download_button(
        "Report",
        made,
        f"report-{run_id}.html",
        "text/html",
        key="download_report",
        icon=":material/download:",
        on_click="ignore",
        help="The whole run as one HTML file to hand over: it opens anywhere, without a network, and prints to PDF.",
    )


def _compare(chosen: RunRecord, records: Sequence[RunRecord]) -> None:
    """With the champion's run, else with the best of the others."""
    measured = [record for record in records if record.steps]
    others = [record for record in measured if record.id != chosen.id]
    possible = bool(others) and any(record.id == chosen.id for record in measured)
    pressed = st.button(
        "Compare with another run",
        icon=":material/compare_arrows:",
        key="compare_run",
        disabled=not possible,
        help=None if possible else "There must be two runs with a measured step.",
    )
    if not pressed:
        return
    champion = workspace().store.champions.current(others[0].dataset_id)
    best = max(others, key=lambda record: record.best_share or 0.0)
    other = next((record for record in others if champion is not None and record.id == champion.run_id), best)
    go("compare", runs=other.id + "," + chosen.id)


def _rename(record: RunRecord) -> None:
    field = "name_of_" + record.id
    with st.form("rename", border=False):
        st.text_input("Name", record.name, key=field, max_chars=80)
        st.form_submit_button(
            "Rename",
            on_click=act,
            args=(lambda: workspace().store.runs.rename(record.id, st.session_state[field]), "Renamed."),
        )


def _delete(record: RunRecord) -> None:
    if record.active:
        st.caption("It can be deleted once it has ended.")
        return
    sure = st.checkbox(
        "Delete it with " + count(record.steps, "step") + ", for good", key="sure_" + record.id
    )
    st.button(
        "Delete the run",
        icon=":material/delete:",
        key="delete",
        disabled=not sure,
        on_click=act,
        args=(lambda: workspace().store.runs.delete(record.id), "The run is deleted."),
    )


def show_facts(record: RunRecord) -> None:
    """What it was told, and what it took."""
    settings = record.settings
    parts = [
        settings.lightweight + " + " + settings.heavyweight,
        settings.strategy,
        f"{count(steps_planned(settings), 'step')}, then examples in the prompt",
    ]
    parts += [f"{settings.batch_size:,} training rows a step at most", f"seed {settings.seed}"]
    for model in dict.fromkeys((settings.lightweight, settings.heavyweight)):
        if address := custom_address(model):
            parts.append(f"{model} is called at {address}")
    caps = {
        "calls": settings.max_calls,
        "heavyweight calls": settings.max_heavy_calls,
        "tokens": settings.max_tokens,
    }
    parts += [f"at most {cap:,} {what}" for what, cap in caps.items() if cap is not None]
    if settings.reply_tokens != REPLY_TOKENS:
        parts.append(f"replies of at most {settings.reply_tokens:,} tokens")
    parts += [f"at most ${settings.budget_usd:,.2f}"] if settings.budget_usd is not None else []
    if settings.start is not None and (settings.branch or not (settings.scorer or settings.start.several)):
        parts.append("started from " + start_in_words(settings))
    parts += [count(len(settings.locked), "locked line")] if settings.locked else []
    version = version_of_run(workspace(), record)
    parts += [f"rows of version “{version.name}”"] if version else []
    parts += ["by " + record.who] if record.who else []
    st.caption(
        escape_md(" · ".join(parts))
        + ("" if record.active else "  \nTook " + escape_md(spent_in_words(record)))
    )


def spent_in_words(record: RunRecord) -> str:
    """Time, then calls and money by role."""
    parts = [duration(record.seconds)]
    for role in roles_of(record.spend):
        parts.append(role + ": " + _calls(record.spend.get(role, Spend())))
    return " · ".join(parts)


def _calls(spend: Spend) -> str:
    more = [f"{spend.cached:,} repeated ones from the cache"] if spend.cached else []
    more += [f"{spend.failed:,} failed"] if spend.failed else []
    more += [f"{spend.uncertain:,} may have been paid for nothing"] if spend.uncertain else []
    more += [spend_money(spend)] if spend.api else []
    return ", ".join([count(spend.api, "call"), *more])
