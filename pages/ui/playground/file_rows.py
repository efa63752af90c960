"""The rows of a classified file: a page of them, and the one chosen with the place for feedback."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.exports.dataset import NO_TEXT
from core.jobs.file_job import (
    FileAnswer,
    FileStatus,
)
from core.prompts.files import from_json, prompt_key
from core.services.file_jobs import NOT_YET, FileJobs
from core.store.feedback.records import ServedPrediction
from core.types import Outcome
from pages.ui import shell
from pages.ui.answers import IN_TABLE, show_label
from pages.ui.mistakes import label_column
from pages.ui.playground.feedback import Judged, ask_feedback
from pages.ui.sides import PAGER

PAGE = 200  # rows looked at on one page


def show_rows(status: FileStatus) -> None:
    """A page of the rows; a chosen one shows its answer, with the place for feedback."""
    job, files = status.request, FileJobs(shell.workspace())
    prompt = from_json(job.prompt)
    rows, lines = files.table(job.id)[1:], files.answers(job.id)
    pages = -(-len(rows) // PAGE)
    first = PAGE * (st.pagination(pages, key="page of " + job.id, width=PAGER) - 1) if pages > 1 else 0
    shown = rows[first : first + PAGE]
    state = st.dataframe(
        pd.DataFrame(
            {
                "Text": [row[0] for row in shown],
                "Label": [[row[1] or _no_label(row)] for row in shown],
                "Reason": [row[3] for row in shown],
            }
        ),
        hide_index=True,
        alt="Rows of the file with their labels",
        key=f"file rows {job.id} {first}",
        on_select="rerun",
        selection_mode="single-row",
        height=320,
        column_config={
            "Text": st.column_config.TextColumn(width=220),
            "Label": label_column("Label", prompt.labels, 110),
        },
    )
    for place in state.selection.rows:
        line = lines.get(first + place)
        if line is not None and place < len(shown) and line.outcome is not Outcome.FAILED:
            text = files.text(job.id, line.place)
            st.text(text)
            if line.label:
                show_label(line.label, prompt.labels)
            answer = _answer(status, line, text)
            ask_feedback(
                Judged(
                    job.dataset_id,
                    answer.id,
                    line.label,
                    prompt.labels,
                    partial(_keep, answer),
                    " in the file",
                    bool(prompt.prompt.several),
                )
            )


def _no_label(row: Sequence[str]) -> str:
    """What stands in the place of the label in a row of `FileJobs.table`."""
    return "(not asked)" if row[3] in (NO_TEXT, NOT_YET) else IN_TABLE[Outcome(row[2])]


def _answer(status: FileStatus, line: FileAnswer, text: str) -> ServedPrediction:
    """Rows of files are served predictions only once somebody says something of them."""
    job = status.request
    key = prompt_key(from_json(job.prompt).prompt)
    return ServedPrediction(
        f"{job.id}-{line.place}",
        job.dataset_id,
        0.0,
        text,
        line.label,
        line.outcome,
        line.said,
        line.reason,
        job.model,
        key,
        "file",
        line.cost_usd,
    )


def _keep(answer: ServedPrediction) -> None:
    shell.workspace().store.answers.add(answer)
