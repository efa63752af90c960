"""Whether the labels of a dataset are verdicts on answers, and which of them says that an answer is good."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.services.judges.report import mark_good
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.actions import act, who

NONE = "None: these labels are no verdicts"


def say_judge(info: DatasetInfo) -> None:
    """What a run is where labels are verdicts, and how a rubric is measured before any tuning."""
    if info.labels.good:
        st.caption(
            "Labels are verdicts here: the prompt is a judge's rubric, and its accuracy how often it agrees with people. "
            "To see how good it is as it stands, type 0 under *Iterations*. The run's view *Judge* has agreement, kappa and "
            "disagreements."
        )


def choose_good(info: DatasetInfo) -> None:
    """Shown where there are two or three labels, or one is marked already."""
    if shell.workspace().read_only or not (info.labels.good or 2 <= len(info.labels.names) <= 3):
        return
    key = f"good_verdict_{info.id}_{info.version}"
    ask_good(
        info.labels.names,
        info.labels.good,
        key,
        lambda: act(lambda: mark_good(shell.workspace(), info.id, st.session_state[key], who())),
    )


def ask_good(names: Sequence[str], good: str, key: str, on_change: Callable[[], None] | None = None) -> str:
    """The label that says an answer is good, at first `good`; "" where labels are no verdicts."""
    options = ["", *names]
    return st.selectbox(
        "The verdict that means an answer is good",
        options,
        index=options.index(good),
        key=key,
        width=340,
        format_func=lambda name: name or NONE,
        help="Where labels are verdicts, the runs of this dataset tune a judge: they then have a view Judge with its agreement "
        "with people, its disagreements, and how many answers are good that nobody has judged.",
        on_change=on_change,
    )
