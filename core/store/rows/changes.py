"""What changes ask for, before anything is stored: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.data.fields import EDITABLE, FLAGS
from core.errors import Conflict, DataError, UsageError
from core.label_sets.sets import all_names
from core.prompts.label_match import fold
from core.store.codec import storable
from core.store.records import REVIEWS, Change
from core.types import SPLITS, LabelSet

TEXTS = tuple(field.name for field in EDITABLE if field.kind == "text")
YES, NO = "yes", ""  # flags as they stand in the history
ADDED = "added"  # the field that stands for the whole row
CellChange = tuple[str, str, str, str]  # row, field, before, after


def checked_change(change: Change) -> Change:
    """The change with its value as text, as the history keeps it."""
    value = checked_value(change.field, change.value, " of row “" + change.example_id + "”")
    return Change(change.example_id, change.field, value, change.seen_version)


def checked_value(field: str, value: str | bool, whose: str = "") -> str:
    """The value as text. `whose` is for the sentence (" of row “7”"). DataError, UsageError."""
    if field in FLAGS and isinstance(value, bool):
        return value_text(value)
    if (field == "review" and value in REVIEWS) or (field == "split" and value in SPLITS):
        return str(value)
    if field in TEXTS and isinstance(value, str):
        text = storable(value, "The " + field)
        return checked_label(text, whose) if field == "label" else text
    raise UsageError(
        "“"
        + field
        + "” of a row cannot be changed to this: set "
        + " or ".join(TEXTS)
        + " to text, "
        + " or ".join(FLAGS)
        + " to yes or no, review to nothing, “kept” or “gap”."
    )


def checked_label(text: str, whose: str = "") -> str:
    label = storable(text, "The label").strip()
    if not label:
        raise DataError("The label" + whose + " is empty: choose a label, or exclude the row.")
    return label


def refuse_stale(wanted: Sequence[Change], stored: Mapping[str, Any]) -> None:
    """`stored` holds rows as they are now, by id."""
    for change in wanted:
        if change.seen_version is not None and change.seen_version < stored[change.example_id].version:
            raise Conflict(
                "Row “"
                + change.example_id
                + "” was changed since you looked at it: load it again, then repeat your change."
            )


def refuse_without_label(news: Sequence[CellChange], stored: Mapping[str, Any]) -> None:
    """DataError for a row that is to be taken in and has no label."""
    given = {row for row, field, *_ in news if field == "label"}
    for row, field, _, after in news:
        if field == "excluded" and after == NO and row not in given and not stored[row].label:
            raise DataError("Row “" + row + "” has no label, so no run can use it: label it on Review.")


def differences(wanted: Sequence[Change], stored: Mapping[str, Any]) -> list[CellChange]:
    """(row, field, before, after) for each field that ends up different, in order; the last of several
    changes counts."""
    last = {(change.example_id, change.field): str(change.value) for change in wanted}
    before = {(row, field): value_text(getattr(stored[row], field)) for row, field in last}
    return [(*cell, before[cell], after) for cell, after in last.items() if before[cell] != after]


def labels_used(news: Sequence[CellChange], stored: Mapping[str, Any]) -> list[str]:
    """Labels that these differences bring into use: new ones of rows, and those of rows that are no longer
    excluded."""
    given = {row: after for row, field, _, after in news if field == "label"}
    back = [
        given.get(row, stored[row].label)
        for row, field, _, after in news
        if field == "excluded" and after == NO
    ]
    return [*given.values(), *back]


def new_labels(labels: LabelSet, used: Sequence[str], free: bool = False) -> tuple[str, ...]:
    """Labels the set lacks, one by one where rows have several. DataError for two that could not be told apart, since
    replies are read after folding; not for `free` answers, which a scorer compares."""
    if free:
        return tuple(answer for answer in dict.fromkeys(used) if answer not in labels.names)
    known = {fold(name): name for name in labels.names}
    added = []
    for label in dict.fromkeys(all_names(used) if labels.several else used):
        if label in labels.names:
            continue
        twin = known.setdefault(fold(label), label)
        if twin != label:
            raise DataError(
                "The label “"
                + label
                + "” cannot be told from “"
                + twin
                + "”: use “"
                + twin
                + "”, or a different name."
            )
        added.append(label)
    return tuple(added)


def value_text(value: str | bool) -> str:
    return value if isinstance(value, str) else YES if value else NO
