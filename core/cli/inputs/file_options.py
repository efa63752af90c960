"""How a file is to be read, as typed, and its columns checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from core.cli.options import Reading
from core.cli.suggestions import meant
from core.data.bins import read_bins
from core.data.fields import ColumnMap, Several
from core.data.table import Table
from core.errors import UsageError


def column_map(reading: Reading) -> ColumnMap:
    """What was typed, to be completed by a guess."""
    return ColumnMap(
        reading.text,
        "".join(reading.label[:1]),
        reading.id,
        reading.note,
        template=reading.template.replace("\\n", "\n"),
        several=cast(Several, reading.several.replace("-", "_")),
        unlabelled=reading.keep_unlabelled,
        merge_labels=reading.merge_labels,
        bins=read_bins(reading.bins) if reading.bins else None,
    )


def check_typed(table: Table, reading: Reading) -> None:
    check_columns(table, reading.text, "--text")
    check_columns(table, reading.label, "--label")
    for name, option in ((reading.id, "--id"), (reading.note, "--note")):
        check_columns(table, [name] if name else [], option)
        if name and name in (*reading.text, *reading.label):
            raise UsageError(
                f"{option} {name}: this column is named as text or label as well: name another one."
            )


def check_columns(table: Table, names: Sequence[str], option: str) -> None:
    for name in names:
        if name not in table.columns:
            close = meant(name, table.columns)
            question = f": did you mean {close}?" if close else "."
            raise UsageError(
                f"{option} {name}: the file has no such column{question} It has {', '.join(table.columns)}."
            )
