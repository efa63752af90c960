"""What the labels of today make of a run: every reply was kept, so this costs nothing."""

from __future__ import annotations

import streamlit as st

from core.errors import NotFound
from core.metrics.replay import Replay
from core.services.review import replayed
from core.store.records import DatasetInfo, RunRecord
from pages.ui import shell
from pages.ui.wording import escape_md, percent

BY_THE_RUN_S = (
    "Story, Steps, Rules and When to answer are by the labels of the run, where nothing else is said"
)


def replay_of(run: RunRecord, dataset: DatasetInfo) -> Replay | None:
    """None where the rows are as the run saw them. Whatever a page says of a run's result by today's labels comes from
    here, so that no two contradict each other."""
    if run.active or run.dataset_version == dataset.version or not run.steps:
        return None
    try:
        past = shell.workspace().cached(
            "replay", (run.id, run.steps, dataset.version), lambda: replayed(shell.workspace(), run.id)
        )
    except NotFound:
        return None
    return past if past.changes.count else None


def show_replay(run: RunRecord, dataset: DatasetInfo) -> None:
    """The result by today's labels and by those of the run, by which of them each view is, and the figures of every
    step behind it; nothing where the rows are as the run saw them. The same in every view, as it is above all of them."""
    past = replay_of(run, dataset)
    if past is None:
        return
    judge = ", Judge by today's." if dataset.labels.good else "."
    st.info(
        escape_md(f"{past.in_words} {BY_THE_RUN_S}{judge}"),
        title="By today's labels",
        icon=":material/replay:",
    )
    with st.expander("Every step, then and now", key="replay", on_change="rerun") as steps:
        if steps.open:
            _show_steps(past)


def _show_steps(past: Replay) -> None:
    import pandas as pd

    scored = [step for step in past.steps if step.validation is not None]
    st.dataframe(
        pd.DataFrame(
            {
                "Step": [step.number for step in scored],
                "Then": [percent(step.validation.then.accuracy) for step in scored],
                "Now": [percent(step.validation.now.accuracy) for step in scored],
                "Fixed": [len(step.comparison.fixed) if step.comparison else None for step in scored],
                "New mistakes": [len(step.comparison.broke) if step.comparison else None for step in scored],
            }
        ),
        hide_index=True,
        height="content" if len(scored) < 10 else 380,
        width="content",
        placeholder="–",
        alt="Validation accuracy of every step by the labels then and now",
        column_config={
            "Fixed": st.column_config.NumberColumn(
                help="Rows that the starting prompt got wrong, by today's labels"
            )
        },
    )
