"""promptfoo tests as CSV: a column per variable, `__expected` for the assertion, `__metadata:name` and others
of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.data.formats.promptfoo.assertions import Passed, from_csv, is_address, unshielded, variable
from core.data.formats.reading.entries import Entry, metadata_roles
from core.data.table import Table

_EXPECTED = re.compile(r"__expected\d*")


def has_expectations(columns: Sequence[str]) -> bool:
    return any(_EXPECTED.fullmatch(column.strip()) for column in columns)


def csv_entries(table: Table, passed: Passed) -> list[Entry]:
    """The first of several expectations that names a label is the label."""
    entries = []
    for row in table.rows:
        own: dict[str, str] = {}
        texts: dict[str, str] = {}
        for column, cell in zip(table.columns, row, strict=True):
            name = column.strip()
            (own if name.startswith("__") else texts)[name] = cell
        entries.append(_entry(own, texts, passed))
    return entries


def _entry(own: dict[str, str], texts: dict[str, str], passed: Passed) -> Entry:
    wanted = [cell for name, cell in own.items() if _EXPECTED.fullmatch(name) and cell.strip()]
    label = next(filter(None, (from_csv(cell, passed) for cell in wanted)), "")
    held = variable(label)
    label = texts.get(held, "") if held in texts else unshielded(label)
    metadata = {
        name.partition(":")[2].removesuffix("[]"): cell
        for name, cell in own.items()
        if name.startswith("__metadata:")
    }
    roles, others = metadata_roles(metadata)
    if own.get("__description"):
        others["description"] = own["__description"]
    return Entry(
        {name: _text(cell, passed) for name, cell in texts.items() if name != held},
        {"label": label},
        roles,
        others,
    )


def _text(cell: str, passed: Passed) -> str:
    if is_address(cell) and " " not in cell.strip() and not cell.lstrip().startswith("http"):
        passed.elsewhere.append(cell)
        return ""
    return unshielded(cell)
