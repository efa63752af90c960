"""The table that `classify` writes: our columns first, then everything that the input had."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.formats.csv_text import escape_formula
from core.data.table import Table
from core.types import Prediction

OURS = ("text", "label", "outcome", "reason")
NO_TEXT = "Not asked: the row has no text."


def labelled(
    table: Table, columns: Sequence[str], texts: Sequence[str], predictions: Sequence[Prediction]
) -> list[list[str]]:
    """A header and a row per text: ours first, then every other column of the input under a name that is
    still free.

    Cells of a CSV file or workbook stay as they are; a reason, and what comes from another kind of file,
    never begins a formula."""
    own = str if table.spreadsheet else escape_formula
    others = [index for index, name in enumerate(table.columns) if (name,) != tuple(columns)]
    header = list(OURS)
    for index in others:
        header.append(_free(table.columns[index], header))
    rows = [
        [
            own(text),
            prediction.label,
            str(prediction.outcome),
            escape_formula(prediction.reason or prediction.error),
        ]
        + [own(row[index]) for index in others]
        for text, prediction, row in zip(texts, predictions, table.rows, strict=True)
    ]
    return [header, *rows]


def _free(name: str, taken: Sequence[str]) -> str:
    """`name`, or where that is taken input_name, input_name_2 and so on."""
    names = (name, *(f"input_{name}" + f"_{number}" * (number > 1) for number in range(1, len(taken) + 2)))
    return next(each for each in names if each not in taken)
