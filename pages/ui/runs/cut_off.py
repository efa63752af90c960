"""What a run could not read, since replies were cut off, and the rows it left out: said beside its figures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.metrics.run_evaluations import cut_off_evaluation
from core.services.runs import best_step
from core.store.records import RunRecord, StepFigures
from core.tuning.acceptance import left_out_at_start
from core.types import Metrics
from core.types.runs import MOST_REPLY_TOKENS
from core.wording import cut_off_in_words
from pages.ui.run_start import REPLY_FIELD, start_from
from pages.ui.runs.steps import BEST, load_step, other_step, shown_prompt
from pages.ui.shell import workspace
from pages.ui.wording import escape_md

LONGER = 4  # times as long as replies were


def show_cut_off(record: RunRecord, figures: Sequence[StepFigures]) -> None:
    """How many replies to the best prompt were cut off, with the way to a run with longer ones; and how many rows
    are examples of the starting prompt."""
    part, read = _read(record, figures)
    words = cut_off_in_words(read, record.settings.reply_tokens) if read else ""
    if words:
        st.warning(
            escape_md(
                f"{words} before they named a label ({part} rows), and count as wrong. Allow longer replies, or ask for a "
                "shorter reason in the prompt."
            ),
            title="Replies were cut off",
            icon=":material/content_cut:",
        )
        if not record.active and workspace().spends and _has_dataset(record):
            longer = min(LONGER * record.settings.reply_tokens, MOST_REPLY_TOKENS)
            if st.button(
                f"Start a run with replies of {longer:,} tokens",
                icon=":material/play_circle:",
                key="run_with_longer",
                help="New run then begins with the best prompt and the models of this one; nothing is asked before you start it.",
            ):
                st.session_state[REPLY_FIELD] = longer
                st.session_state["new_lightweight"] = record.settings.lightweight
                st.session_state["new_heavyweight"] = record.settings.heavyweight
                start_from(shown_prompt(load_step(record, figures, BEST), record))
    start = record.settings.start
    if figures and start is not None and start.few_shot.strategy == "fixed":
        left_out = left_out_at_start(other_step(record, figures, 0).verdict.reason)
        if left_out:
            st.caption(":material/info: " + escape_md(left_out))


def _read(record: RunRecord, figures: Sequence[StepFigures]) -> tuple[str, Metrics | None]:
    """Of the best prompt, on the test rows where those were cut off, else on the validation rows."""
    if record.result is not None:
        return cut_off_evaluation(record.result) or ("", None)
    number = best_step(record, figures)
    return "validation", next((step.validation for step in figures if step.number == number), None)


def _has_dataset(record: RunRecord) -> bool:
    return any(info.id == record.dataset_id for info in workspace().store.datasets.all())
