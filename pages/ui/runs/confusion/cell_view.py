"""One cell of the confusion matrix: its rows, and one edit proposed for them, measured at once against all
other cells."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.metrics.confusion import MatrixCell, cell_in_words, cells_of
from core.store.records import StepFigures
from pages.ui.mistakes import Answer, AnswerTable, in_order, list_answers
from pages.ui.runs.confusion.cell_edit import offer_edit
from pages.ui.runs.confusion.step_evaluation import StepEvaluation
from pages.ui.wording import count


def show_cell(reading: StepEvaluation, cell: MatrixCell, figures: Sequence[StepFigures]) -> None:
    """Its rows, and what can be done about them."""
    labels, rows = reading.loaded.dataset.labels.names, reading.loaded.rows
    cells = cells_of(rows.values(), reading.read.predictions, labels)
    answers = [
        (rows[each.example_id], each)
        for each in reading.read.predictions
        if cells.get(each.example_id) == cell
    ]
    st.text(f"{count(len(answers), 'row')}: {cell_in_words(cell, labels)}")
    alike = (
        ["Correct"] if cell.column == len(labels) else ["Correct", "Predicted"]
    )  # labels outside the list differ
    table = AnswerTable(reading.record.dataset_id, labels, reading.context, f"answers {reading.key} {cell}")
    list_answers(table, in_order(answers), [*alike, *["Note"] * (not _noted(answers))])
    if answers and not cell.right:
        offer_edit(reading, cell, figures)


def _noted(answers: Sequence[Answer]) -> bool:
    return any(row.note for row, _ in answers)
