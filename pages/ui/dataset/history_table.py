"""Changes as a table: who, when, what, from, to, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st

from core.data.fields import FIELDS, FLAGS
from core.store.rows.records import HistoryEntry

WORDS = {field.name: field.column for field in FIELDS} | {"added": "imported"}
REVIEW_WORDS = {"": "not reviewed", "kept": "reviewed", "gap": "definition unclear"}
WIDTHS = {"Who": 60, "Row": 210, "What": 150, "From": 110, "To": 130, "Why": 200, "": 72}  # pixels
ROW_WIDTHS = {"Who": 60, "What": 120, "From": 110, "To": 130, "Why": 150, "": 60}
BY_FEEDBACK = "feedback: "  # how what it did to rows begins (core/store/feedback/apply_feedback.py)


def history_table(
    entries: Sequence[HistoryEntry], texts: Mapping[str, str] | None = None, of_row: bool = False
) -> None:
    """Of a dataset, whose rows have these `texts` by their ids; or `of_row` of one row: then every entry is about
    it."""
    import pandas as pd

    columns = {
        "When": [datetime.fromtimestamp(entry.when) for entry in entries],
        "Who": [entry.who or "–" for entry in entries],
        "Row": [
            (texts or {}).get(entry.example_id)
            or entry.example_id
            or ("–" if entry.field == "definition" else f"{entry.rows:,}\u00a0rows")
            for entry in entries
        ],
        "What": [_what(entry) for entry in entries],
        "From": [_value(entry, entry.before) for entry in entries],
        "To": [_value(entry, entry.after) for entry in entries],
        "Why": [entry.why for entry in entries],
        "": ["undone" if entry.undone else "" for entry in entries],
    }
    if of_row:
        columns.pop("Row")
    if not any(columns[""]):
        columns.pop("")
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        alt="Changes, newest first",
        height="content" if len(entries) < 14 else 588,
        column_config={
            title: st.column_config.TextColumn(width=width)
            for title, width in (ROW_WIDTHS if of_row else WIDTHS).items()
        }
        | {
            "When": st.column_config.DatetimeColumn(format="D MMM, HH:mm", width=95),
        },
    )


def _what(entry: HistoryEntry) -> str:
    """In the dataset's history what was done to many rows or to labels has a sentence of its own; a field has
    a word."""
    text = entry.what[:1].upper() + entry.what[1:] if entry.what else ""
    if not entry.example_id and text:
        return text
    word = WORDS.get(entry.field, entry.field)
    if entry.what.startswith(BY_FEEDBACK):
        return "added by feedback" if entry.field == "added" else word + " (by feedback)"
    return word + " (" + entry.what + ")" if text else word


def _value(entry: HistoryEntry, value: str | bool) -> str:
    if entry.field == "label set":
        return ""  # what was done to it says more than two long lists
    if not entry.example_id and entry.field in (*FLAGS, "review") and value == "":
        return ""  # many rows at once: each had its own
    if entry.field == "review":
        return REVIEW_WORDS.get(str(value), str(value))
    return value if isinstance(value, str) else "yes" if value else "no"
