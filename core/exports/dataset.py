"""A dataset as a file, in every format that can be read back: `open_file` and `to_dataset` give the same
examples again."""

from __future__ import annotations

import re

from core.data.fields import cell_values
from core.data.formats.registry import export_formats
from core.errors import DataError, UsageError
from core.types import Dataset
from core.wording import listed, quoted

_BROKEN = re.compile("[\0\ud800-\udfff]")


def export_dataset(dataset: Dataset, format: str) -> bytes:
    """All rows, excluded ones too, with id, note, marks and split as far as the format has fields for them:
    in its metadata, if nowhere else. UsageError for a format that is none of `export_formats`, DataError for
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
    return chosen.write(dataset)
