"""The confusion matrix of the chosen step: what was read as what, what changed since another step, and the
rows behind a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from core.label_sets.figures import set_figures
from core.metrics.confusion import MatrixCell, cell_in_words, cells_of, difference, mistakes_by_size
from core.services.evaluation.rescored import rows_since
from core.store.records import RunRecord, StepFigures
from core.types import Step
from pages.ui.address import addressed, forget, turn_to
from pages.ui.charts import scheme
from pages.ui.dataset_status import scorer_in_words
from pages.ui.mistakes import AnswerTable, show_mistakes
from pages.ui.runs.clickable import show_clickable
from pages.ui.runs.confusion.cell_view import show_cell
from pages.ui.runs.confusion.label_sets import show_label_sets
from pages.ui.runs.confusion.matrix_chart import Matrix, matrix_chart
from pages.ui.runs.confusion.step_evaluation import StepEvaluation, by_todays_labels, choose_reading
from pages.ui.runs.steps import LoadedStep, entered_with, other_step
from pages.ui.shell import workspace
from pages.ui.sides import halves
from pages.ui.wording import count, escape_md

NOTHING, NO_STEP = "", -1
NAMES = 6  # labels up to which the matrix stands beside its rows
MANY, PAIRS, MOST = (
    30,
    12,
    40,
)  # labels from which on some are chosen; confusions that choose them; labels at most


def show_reading(loaded: LoadedStep, record: RunRecord, figures: Sequence[StepFigures]) -> None:
    """The matrix and the mistakes behind it, of the rows one chooses; of one cell where one is chosen."""
    if record.settings.scorer:
        _show_answers(loaded, record)
        return
    since = rows_since(workspace(), record)
    if since is not None:
        loaded = by_todays_labels(loaded, since)
        st.caption(":material/replay: Scored by today's labels, which have changed since the run.")
    labels = loaded.dataset.labels.names
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name, read = choose_reading(loaded.step)
        if read is None:
            st.caption("No rows were read in this step.")
            return
        by_share = (
            st.segmented_control(
                "Cells",
                ["counts", "row shares"],
                default="counts",
                required=True,
                format_func=str.capitalize,
                key="cells",
            )
            == "row shares"
        )
        other = _choose_other(loaded, record, figures) if name == "validation" else None
    reading = StepEvaluation(loaded, record, name, read)
    matrix = Matrix(labels, read.metrics.confusion, by_share=by_share)
    if other is not None and other.validation is not None:
        before = since.rescored(other.validation) if since else other.validation
        now, then = (cells_of(loaded.dataset.examples, each.predictions, labels) for each in (read, before))
        matrix = Matrix(
            labels, read.metrics.confusion, difference(then, now, labels), f"step {other.number}", by_share
        )
    if len(labels) > MANY:
        matrix = replace(matrix, shown=_choose_labels(reading))
    left, right = halves() if len(labels) <= NAMES else (st.container(), st.container())
    with right:
        cell = _choose_cell(reading)
    if cell and matrix.shown:
        here = {place for place in (cell.row, cell.column) if place < len(labels)}
        matrix = replace(matrix, shown=tuple(sorted(here.union(matrix.shown))))
    with left:
        _show_matrix(reading, matrix, cell)
    with right:
        if cell:
            show_cell(reading, cell, figures)
        else:
            table = AnswerTable(record.dataset_id, labels, reading.context, "answers " + reading.key)
            show_mistakes(table, read, loaded.rows)


def _choose_labels(reading: StepEvaluation) -> tuple[int, ...]:
    """Places of the labels in the matrix: at first those that the most frequent confusions touch."""
    labels, counts = reading.loaded.dataset.labels.names, reading.read.metrics.confusion
    worst = mistakes_by_size(counts)
    inside = [cell for cell, _ in worst if cell.column < len(labels)][:PAIRS]
    usual = sorted({place for cell in inside for place in (cell.row, cell.column)}) or list(range(PAIRS))
    chosen: list[int] = st.multiselect(
        "Labels in the matrix",
        range(len(labels)),
        default=usual,
        format_func=lambda place: labels[place],
        max_selections=MOST,
        key="labels of " + reading.key,
        placeholder="The most confused ones",
        help=f"At first those of the {PAIRS} most frequent confusions. Type to find others.",
    )
    shown = tuple(sorted(chosen or usual))
    within = sum(rows for cell, rows in worst if cell.row in shown and cell.column in shown)
    st.caption(
        f"{len(shown):,} of {count(len(labels), 'label')}; {within:,} of {count(sum(rows for _, rows in worst), 'mistake')} "
        "are between them. All of them are in the list of rows below."
    )
    return shown


def _show_answers(loaded: LoadedStep, record: RunRecord) -> None:
    """The mistakes of a run whose answers are free, which no matrix can hold."""
    several = record.settings.start.several if record.settings.start else ()
    st.caption(
        "Rows have several labels here, so there is no confusion matrix. A row is right where all its labels are."
        if several
        else f"Answers are no labels here (scored by {escape_md(scorer_in_words(record.settings.scorer))}), "
        "so there is no confusion matrix. A mistake is an answer without the full score."
    )
    name, read = choose_reading(loaded.step)
    if read is None:
        st.caption("No rows were read in this step.")
        return
    if several:
        show_label_sets(set_figures(loaded.dataset.examples, read.predictions, several))
    context = StepEvaluation(loaded, record, name, read)
    table = AnswerTable(record.dataset_id, (), context.context, "answers " + context.key)
    show_mistakes(table, read, loaded.rows)


def _show_matrix(reading: StepEvaluation, matrix: Matrix, cell: MatrixCell | None) -> None:
    theme = scheme()
    what = (
        f"Change of the confusion matrix since {matrix.since}"
        if matrix.grown is not None
        else "Confusion matrix"
    )
    show_clickable(
        "confusion",
        (reading.key, repr(matrix), theme),
        str(cell) if cell else None,
        lambda marked: matrix_chart(matrix, marked, theme),
        lambda name: turn_to("cell", name or NOTHING),
        alt=f"{what} of step {reading.loaded.step.number}: correct labels down, predicted labels across",
    )
    unit = "Rows that each cell gained or lost" if matrix.grown is not None else "Rows"
    unit += ", in percent of the rows of the correct label" if matrix.by_share else ""
    unit += (
        "; green is better, orange is worse"
        if matrix.grown is not None
        else "; green is right, orange is wrong"
    )
    failed = reading.read.metrics.failed
    apart = f" {count(failed, 'failed call')} {'is' if failed == 1 else 'are'} in no cell." if failed else ""
    st.caption(f"{unit}. Click a cell for its rows." + apart)


def _choose_cell(reading: StepEvaluation) -> MatrixCell | None:
    """By its name, biggest mistakes first: the same choice as a click on the matrix."""
    counts, labels = reading.read.metrics.confusion, reading.loaded.dataset.labels.names
    sizes: dict[str, tuple[MatrixCell, int]] = {
        str(cell): (cell, rows) for cell, rows in mistakes_by_size(counts)
    }
    sizes |= {
        str(MatrixCell(i, i)): (MatrixCell(i, i), counts[i][i]) for i in range(len(labels)) if counts[i][i]
    }
    dataset = reading.record.dataset_id
    if st.session_state.get("cell_of", dataset) != dataset:  # another label set: its cells have other names
        forget("cell")
    st.session_state["cell_of"] = dataset
    chosen = addressed("cell", [NOTHING, *_all_cells(len(labels))], NOTHING)
    options = [NOTHING, *sizes] if chosen in sizes or not chosen else [NOTHING, chosen, *sizes]
    key = (
        "cells of " + reading.key
    )  # a select box goes on showing the name under which an option was chosen, and names have counts
    st.session_state[key] = chosen
    st.selectbox(
        "Rows of",
        options,
        key=key,
        on_change=lambda: turn_to("cell", st.session_state[key] or NOTHING),
        format_func=lambda name: _named(name, sizes, labels),
        help="All mistakes, or one kind of them: the biggest first.",
    )
    return _cell(chosen) if chosen else None


def _named(name: str, sizes: Mapping[str, tuple[MatrixCell, int]], labels: Sequence[str]) -> str:
    if not name:
        return "All mistakes"
    cell, rows = sizes.get(name) or (_cell(name), 0)
    return f"{cell_in_words(cell, labels)}: {rows:,}"


def _all_cells(labels: int) -> list[str]:
    return [str(MatrixCell(i, j)) for i in range(labels) for j in range(labels + 2)]


def _cell(name: str) -> MatrixCell:
    row, column = name.split("-")
    return MatrixCell(int(row), int(column))


def _choose_other(loaded: LoadedStep, record: RunRecord, figures: Sequence[StepFigures]) -> Step | None:
    """The step that the matrix is compared with, if it is to be."""
    before = entered_with(figures, loaded.step.number)
    if before is None:
        return None
    names = {
        NO_STEP: "No other step",
        before: f"Step {before}, the prompt before",
        0: "Step 0, the starting prompt",
    }
    number = st.selectbox(
        "Difference to",
        list(names),
        key=f"difference {before}",
        format_func=names.get,
        width=210,
        help="By how many rows each cell grew since then, over the rows that both have read.",
    )
    return None if number == NO_STEP else other_step(record, figures, number)
