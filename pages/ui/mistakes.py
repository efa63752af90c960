"""Mistakes as a table: the text, what is correct, what was predicted and why, and the row's note. A click opens
the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from core.exports.report.palette import QUIET, under_white
from core.metrics.metrics import is_mistake
from core.types import Evaluation, Example, Outcome, Prediction
from core.wording import predicted_in_words
from pages.ui.row_panel.state import RowContext
from pages.ui.row_panel.table import RowTable, show_row_table
from pages.ui.shell import colors_of
from pages.ui.wording import count, escape_md

AROUND_LABEL, LETTER, WIDEST = 40, 7, 200  # pixels, of a column of labels

Answer = tuple[Example, Prediction]


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """A table of answers whose rows open in the panel, with `context`. `key` names the reading: what was
    chosen in another one means nothing here."""

    dataset_id: str
    labels: tuple[str, ...]
    context: RowContext
    key: str


def show_mistakes(table: AnswerTable, read: Evaluation, rows: Mapping[str, Example]) -> None:
    """The wrong answers of one reading, all answers on demand; failed calls are no answers and are only
    counted."""
    known = [
        (rows[prediction.example_id], prediction)
        for prediction in read.predictions
        if prediction.example_id in rows
    ]
    wrong = [(row, prediction) for row, prediction in known if is_mistake(prediction, row.label)]
    failed = [prediction for _, prediction in known if prediction.outcome is Outcome.FAILED]
    scored = len(known) - len(failed)
    with st.container(
        horizontal=True, vertical_alignment="center"
    ):  # the toggle first: the table's own tools appear at its right end
        everything = st.toggle(
            "Show all rows",
            key="all_answers",
            help="Also those predicted right, and failed calls.",
        )
        more = " Click a row to open it." if known else ""
        st.caption(
            f"{count(len(wrong), 'mistake')} in {count(scored, 'row')}." + _odd(wrong) + more, width="content"
        )
    if failed:
        st.warning(
            escape_md(
                f"{count(len(failed), 'call')} failed and {'is' if len(failed) == 1 else 'are'} not counted: {failed[0].error}"
            ),
            icon=":material/cloud_off:",
        )
    list_answers(replace(table, key=f"{table.key} {everything}"), in_order(known if everything else wrong))


def list_answers(table: AnswerTable, listed: Sequence[Answer], leave_out: Sequence[str] = ()) -> None:
    """`leave_out` names columns that would say the same in every line."""
    if not listed:
        return
    show_row_table(
        RowTable(
            table.dataset_id,
            tuple(row.id for row, _ in listed),
            alt="Answers of the chosen step",
            context=table.context,
        ),
        mistakes_table(listed).drop(columns=list(leave_out)),
        _columns(table.labels),
        key=table.key,
    )


def in_order(answers: Sequence[Answer]) -> list[Answer]:
    return sorted(answers, key=lambda pair: (pair[0].label, predicted_in_words(pair[1])))


def mistakes_table(answers: Sequence[Answer]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Text": [row.text for row, _ in answers],
            "Correct": [[row.label] for row, _ in answers],
            "Predicted": [[predicted_in_words(prediction)] for _, prediction in answers],
            "Model's reason": [
                prediction.reason or prediction.reply or prediction.error for _, prediction in answers
            ],
            "Note": [row.note for row, _ in answers],
        }
    )


def label_column(title: str, labels: Sequence[str], width: int | str = "small") -> object:
    """Labels as chips in their chart colours, dark enough for the white words on them; anything else stays grey. `width` in
    pixels is the least: the longest label is to be read, up to a limit."""
    if isinstance(width, int):
        longest = max(map(len, labels), default=0)
        width = max(width, min(AROUND_LABEL + LETTER * longest, WIDEST))
    colors = colors_of(labels)
    shades = [under_white(colors.get(label, QUIET)) for label in labels]
    return st.column_config.MultiselectColumn(title, width=width, options=list(labels), color=shades)


def _columns(labels: Sequence[str]) -> dict[str, object]:
    return {
        "Text": st.column_config.TextColumn(width=220),
        "Correct": label_column("Correct", labels, 110),
        "Predicted": label_column("Predicted", labels, 110),
        "Model's reason": st.column_config.TextColumn(width=240),
        "Note": st.column_config.TextColumn(width=200),
    }


def _odd(wrong: Sequence[tuple[Example, Prediction]]) -> str:
    """How many answers were no label of the set."""
    unreadable = sum(prediction.outcome is Outcome.UNREADABLE for _, prediction in wrong)
    unknown = sum(prediction.outcome is Outcome.UNKNOWN_LABEL for _, prediction in wrong)
    cut_off = sum(prediction.cut_off for _, prediction in wrong)
    why = f" ({cut_off:,} cut off at the length limit)" if cut_off else ""
    parts = [f"{unreadable:,} unreadable{why}"] if unreadable else []
    parts += [f"{unknown:,} with a label outside the list"] if unknown else []
    return (" Among them " + " and ".join(parts) + ".") if parts else ""
