"""Rows as files: a dataset in every format that can be read back (`open_file` and `to_dataset` give the same
examples again), and the table that `classify` writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from core.data.fields import cell_values
from core.data.formats.registry import export_formats
from core.data.table import Table
from core.errors import DataError, UsageError
from core.types import Dataset, Outcome, Prediction
from core.wording import listed, quoted

PREDICTION_COLUMNS = ("text", "label", "outcome", "reason")
CASCADE_COLUMNS = ("answered_by", "confidence", "unsure_label")
NO_TEXT = "Not asked: the row has no text."
_BROKEN = re.compile("[\0\ud800-\udfff]")


def export_dataset(dataset: Dataset, format: str) -> bytes:
    """All rows, excluded ones too, with id, note, marks and split as far as the format has fields for them:
    in its metadata, if nowhere else. Rows without a label have an empty one, and are not called excluded:
    read again with `ColumnMap.unlabelled`, they are the same. UsageError for a format that is none of `export_formats`, DataError for
    a row that cannot be written."""
    chosen = export_formats().get(format)
    if chosen is None or chosen.write is None:
        raise UsageError(
            f"There is no format {quoted(format)} to export: use {listed(list(export_formats()))}."
        )
    for row in dataset.examples:
        if any(isinstance(value, str) and _BROKEN.search(value) for value in cell_values(row)):
            raise DataError(
                f"The row {quoted(row.id)} holds NUL or half of a character, which no file can keep: correct it first."
            )
    rows = tuple(row if row.label else replace(row, excluded=False) for row in dataset.examples)
    return chosen.write(replace(dataset, examples=rows))


def prediction_table(
    table: Table,
    columns: Sequence[str],
    texts: Sequence[str],
    predictions: Sequence[Prediction],
    answered: Sequence[tuple[str, float | None]] | None = None,
) -> list[list[str]]:
    """A header and a row per text: ours first, then every other column of the input under a name that is
    still free, then for a cascade who has `answered` each, and how sure that is."""
    last = () if answered is None else CASCADE_COLUMNS
    others = [index for index, name in enumerate(table.columns) if (name,) != tuple(columns)]
    header = list(PREDICTION_COLUMNS)
    for index in others:
        header.append(_free(table.columns[index], [*header, *last]))
    rows = [
        [
            text,
            prediction.label,
            str(prediction.outcome),
            prediction.reason or prediction.error,
            *(row[index] for index in others),
        ]
        for text, prediction, row in zip(texts, predictions, table.rows, strict=True)
    ]
    for cells, prediction, each in zip(rows, predictions, answered or (), strict=answered is not None):
        cells += _cascade_cells(prediction, *each)
    return [[*header, *last], *rows]


def confidence_cell(confidence: float | None) -> str:
    """As tables have it: two digits, four where it is nearly certain."""
    if confidence is None:
        return ""
    return f"{confidence:.4f}" if 0.99 <= confidence < 1 else f"{confidence:.2f}"


def _cascade_cells(prediction: Prediction, by: str, confidence: float | None) -> tuple[str, str, str]:
    failed, unsure = prediction.outcome is Outcome.FAILED, prediction.outcome is Outcome.ABSTAINED
    return "" if failed else by, confidence_cell(confidence), prediction.said if unsure else ""


def to_ask_again(prediction: Prediction) -> Prediction:
    """As a file has it: a reply that was cut off is one to be asked for again, with more room."""
    return replace(prediction, outcome=Outcome.FAILED, reason="") if prediction.cut_off else prediction


def _free(name: str, taken: Sequence[str]) -> str:
    """`name`, or where that is taken input_name, input_name_2 and so on."""
    names = (name, *(f"input_{name}" + f"_{number}" * (number > 1) for number in range(1, len(taken) + 2)))
    return next(each for each in names if each not in taken)
