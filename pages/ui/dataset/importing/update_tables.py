"""What an update would do to rows, as tables: before and after, new ones, those that the file lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.data.fields import UPDATED
from core.data.importing.update import FieldChange, UpdatePlan
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.wording import shortened

MOST_LISTED = 100
LONGEST = 200
BEFORE = 30  # characters of a text that are shown before the place where it differs
TALLEST = 8
FIELDS = {field.name: field.column for field in UPDATED}  # in words


def changed_rows(info: DatasetInfo, update: UpdatePlan) -> None:
    first = update.changed[:MOST_LISTED]
    rows = shell.workspace().store.rows.some(info.id, [each.example_id for each in first])
    pairs = [_both(each) for each in first]
    _table(
        {
            "Row": [
                shortened(rows[each.example_id].text[: 2 * LONGEST], LONGEST)
                if each.example_id in rows
                else ""
                for each in first
            ],
            "What": [FIELDS[each.field] for each in first],
            "Before": [before for before, _ in pairs],
            "After": [after for _, after in pairs],
        },
        len(update.changed),
        "The first changes, before and after",
    )


def new_rows(info: DatasetInfo, update: UpdatePlan) -> None:
    first = update.added[:MOST_LISTED]
    cells = {
        "Row": [shortened(row.text[: 2 * LONGEST], LONGEST) for row in first],
        "Label": [row.label for row in first],
    }
    if any(row.note for row in first):
        cells["Note"] = [row.note for row in first]
    _table(cells, len(update.added), "The first rows that would be added")


def absent_rows(info: DatasetInfo, update: UpdatePlan) -> None:
    rows = shell.workspace().store.rows.some(info.id, update.absent[:MOST_LISTED]).values()
    _table(
        {
            "Row": [shortened(row.text[: 2 * LONGEST], LONGEST) for row in rows],
            "Label": [row.label for row in rows],
        },
        len(update.absent),
        "The first rows that the file lacks",
    )


def _both(each: FieldChange) -> tuple[str, str]:
    """Texts from where they differ, for a change at the end of a long one must be seen."""
    if isinstance(each.before, bool):
        return "yes" if each.before else "no", "yes" if each.after else "no"
    before, after = str(each.before), str(each.after)
    at = next(
        (at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other),
        min(len(before), len(after)),
    )
    start = max(0, at - BEFORE) if max(len(before), len(after)) > LONGEST else 0
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    part = text[start : start + LONGEST]
    return ("…" if start else "") + part + ("…" if start + LONGEST < len(text) else "") or "–"


def _table(columns: Mapping[str, Sequence], total: int, alt: str) -> None:
    import pandas as pd

    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height="content" if len(columns["Row"]) <= TALLEST else 318,
        alt=alt,
        column_config={
            "Row": st.column_config.TextColumn(width=200),
            "What": st.column_config.TextColumn(width=72),
        },
    )
    if total > MOST_LISTED:
        st.caption(f"The first {MOST_LISTED} of {total:,}.")
