"""One cell of the confusion matrix: its rows, and one edit proposed for them, measured at once against all
other cells."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.metrics.confusion import MatrixCell, cell_in_words, cells_of
from core.store.records import RunRecord, StepFigures
from core.types import Example
from pages.ui.dataset.row_card import show_neighbours
from pages.ui.mistakes import Answer, choose_answer, in_order
from pages.ui.runs.confusion.cell_edit import offer_edit
from pages.ui.runs.confusion.reading import StepReading
from pages.ui.shell import sentences, workspace
from pages.ui.wording import count


def show_cell(reading: StepReading, cell: MatrixCell, figures: Sequence[StepFigures]) -> Answer | None:
    """Its rows, of which one can be chosen, and what can be done about them."""
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
    chosen = choose_answer(
        in_order(answers),
        labels,
        f"answers {reading.key} {cell}",
        [*alike, *["Note"] * (not _noted(answers))],
    )
    if answers and not cell.right:
        offer_edit(reading, cell, figures)
    return chosen


def _noted(answers: Sequence[Answer]) -> bool:
    return any(row.note for row, _ in answers)


def show_neighbours_of(record: RunRecord, row: Example) -> None:
    """The rows most like it, as the dataset is now."""
    if not any(info.id == record.dataset_id for info in workspace().store.datasets.all()):
        return
    st.subheader("Rows most like it", anchor=False)
    with sentences():
        show_neighbours(record.dataset_id, row.id)
