"""What counts in a run, with its figures beside accuracy, and what speaks against its best prompt."""

from __future__ import annotations

import streamlit as st

from core.metrics.objective_words import asked_in_words, measured_in_words
from core.services.next_step import drawback
from core.services.runs import objective_of
from core.store.records import RunRecord
from core.types.objectives import ACCURACY
from pages.ui.wording import escape_md


def show_objective(record: RunRecord) -> None:
    """Its name, the starting prompt's figure and the best one's; the drawback, in one sentence."""
    st.caption(escape_md(objective_sentence(record)))
    show_drawback(record)


def show_drawback(record: RunRecord) -> None:
    """Why the best prompt is not recommended whatever its figures; nothing where nothing speaks against it."""
    if record.result is not None and record.result.best.step and (weak := drawback(record.result)):
        st.warning(escape_md(f"The best prompt is not recommended: {weak}."), icon=":material/warning:")


def objective_sentence(record: RunRecord) -> str:
    """Objective: balanced accuracy (…). Validation rows 51.2 % → 70.3 %, test rows 50.0 % → 66.1 %."""
    objective = objective_of(record)
    words = f"Objective: {asked_in_words(objective)}."
    if record.result is None or objective.kind == ACCURACY:
        return words
    first, best = record.result.baseline.evaluations, record.result.best.evaluations
    figures = [
        f"{split} rows {' → '.join(measured_in_words(objective, each[split].metrics) for each in (first, best))}"
        for split in ("validation", "test")
        if split in first and split in best
    ]
    listed = ", ".join(figures)
    return f"{words} {listed[:1].upper()}{listed[1:]}." if listed else words
