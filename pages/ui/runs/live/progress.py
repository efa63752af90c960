"""How far a run is, in one line: the step, what it does now, what is to go, what slows it."""

from __future__ import annotations

import re

import streamlit as st

from core.costs.cap_usage import ToGo
from core.store.records import RunRecord
from core.tuning.plan import steps_planned
from core.types import Progress
from pages.ui.runs.spend import time_and_money_to_go
from pages.ui.shell import workspace
from pages.ui.wording import duration, escape_md, money

STEP = re.compile(r"^Step (\d+): ")


def show_progress(run: RunRecord) -> None:
    figures = workspace().store.steps.figures(run.id)
    st.progress(share_done(run), text=escape_md(progress_in_words(run, time_and_money_to_go(run, figures))))


def share_done(run: RunRecord) -> float:
    """0 to 1: the starting prompt, each step and the last evaluation count alike."""
    parts, now = steps_planned(run.settings) + 2, run.progress
    done = parts - 1 if _is_last(run) else min(run.steps, parts - 1)
    within = now.done / now.total if now.total and not STEP.match(now.what) else 0.0
    return min((done + within) / parts, 1.0)


def progress_in_words(run: RunRecord, left: ToGo | None) -> str:
    """Step 3 of 8 · classifying 100 training rows, 40 done · about 40 s and $0.04 to go · slowed by …"""
    now, step = run.progress, STEP.match(run.progress.what)
    words = now.what[step.end() :] if step else now.what
    words += f", {now.done:,} of {now.total:,} done" if now.total else ""
    parts = [f"Step {step[1]} of {max(steps_planned(run.settings), int(step[1]))}"] if step else []
    parts += [words, *_to_go(left)] + ([now.note] if now.note else [])
    return " · ".join(parts)


def _to_go(left: ToGo | None) -> list[str]:
    if left is None:
        return []
    costs = [each.usd for each in left.roles.values()]
    usd = None if None in costs else sum(cost for cost in costs if cost)
    parts = [] if left.seconds is None else [duration(left.seconds)]
    parts += [money(usd)] if usd else []
    return ["about " + " and ".join(parts) + " to go"] if parts else []


def _is_last(run: RunRecord) -> bool:
    return run.progress.what.startswith("Reading the ")


def now_in_words(progress: Progress) -> str:
    """Of what knows no steps."""
    now = progress.what + (f": {progress.done:,} of {progress.total:,}" if progress.total else " …")
    return now + (" · " + progress.note if progress.note else "")
