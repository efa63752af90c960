"""Several label columns over one set of texts: a dataset for each, whose rows are held out alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.data.fields import ColumnMap
from core.data.importing.mapping import ImportResult, to_dataset
from core.data.splits import split
from core.data.table import Table
from core.errors import DataError
from core.types import Example
from core.wording import quoted

SEED = 0  # how rows are split that no run has split yet: as the first run would by default


def by_label_column(
    table: Table, columns: ColumnMap, labels: Sequence[str], source: str, names: tuple[str, bool]
) -> list[ImportResult]:
    """As `to_dataset` for each column of labels, named "NAME: COLUMN". A row is in the same part in each of them, by
    chance, near duplicates together; a split that the file gives stays. `names`: the name, and whether the rows are to be
    tuned on. DataError as there, with the column."""
    name, to_tune = names
    columns = columns.apart_from(labels)
    made = [_of_column(table, replace(columns, label=label), source, (name, to_tune)) for label in labels]
    texts: dict[str, Example] = {}
    for result in made:
        for row in result.dataset.examples:
            texts.setdefault(row.id, replace(row, excluded=False))
    parts = {row.id: row.split for row in split(tuple(texts.values()), SEED, free=True)}
    return [_with_parts(result, parts) for result in made]


def _of_column(table: Table, columns: ColumnMap, source: str, names: tuple[str, bool]) -> ImportResult:
    try:
        return to_dataset(table, columns, f"{names[0]}: {columns.label}", source, names[1])
    except DataError as refused:
        raise DataError(f"Column {quoted(columns.label)}: {refused}") from None


def _with_parts(result: ImportResult, parts: dict[str, str]) -> ImportResult:
    rows = tuple(replace(row, split=parts[row.id]) for row in result.dataset.examples)
    return replace(result, dataset=replace(result.dataset, examples=rows))
