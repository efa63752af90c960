"""What changes ask for, before anything is stored: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import Conflict, DataError, UsageError
from core.prompts.folding import fold
from core.state.codec import storable
from core.state.records import Change
from core.types import LabelSet

TEXTS, FLAGS = ("label", "note"), ("excluded", "canonical")
YES, NO = "yes", ""  # flags as they stand in the history


def checked(change: Change) -> Change:
    """The change with its value as text, as the history keeps it."""
    value = change.value
    if change.field in FLAGS and isinstance(value, bool):
        return Change(change.example_id, change.field, YES if value else NO, change.seen_version)
    if change.field in TEXTS and isinstance(value, str):
        text = storable(value, "The " + change.field)
        text = text.strip() if change.field == "label" else text
        if change.field == "label" and not text:
            raise DataError("The label of row “" + change.example_id + "” is empty: choose a label, or exclude the row.")
        return Change(change.example_id, change.field, text, change.seen_version)
    raise UsageError("“" + change.field + "” of a row cannot be changed to this: set label or note to text, "
                     "excluded or canonical to yes or no.")


def refuse_stale(wanted: Sequence[Change], stored: Mapping[str, Any]) -> None:
    """`stored` holds rows as they are now, by id."""
    for change in wanted:
        if change.seen_version is not None and change.seen_version < stored[change.example_id].version:
            raise Conflict("Row “" + change.example_id + "” was changed since you looked at it: load it again, then repeat your change.")


def differences(wanted: Sequence[Change], stored: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """(row, field, before, after) for each change that changes something, in order."""
    now: dict[tuple[str, str], str] = {}
    news = []
    for change in wanted:
        key = (change.example_id, change.field)
        before = now.get(key, as_text(getattr(stored[change.example_id], change.field)))
        if before != change.value:
            news.append((*key, before, str(change.value)))
            now[key] = str(change.value)
    return news


def new_labels(labels: LabelSet, used: Sequence[str]) -> tuple[str, ...]:
    """Labels the set lacks. Replies are read after folding, so labels that fold alike could not be told apart."""
    known = {fold(name): name for name in labels.names}
    added = []
    for label in dict.fromkeys(used):
        if label in labels.names:
            continue
        twin = known.setdefault(fold(label), label)
        if twin != label:
            raise DataError("The label “" + label + "” cannot be told from “" + twin + "”: use “" + twin + "”, or a different name.")
        added.append(label)
    return tuple(added)


def as_text(value: str | bool) -> str:
    return value if isinstance(value, str) else YES if value else NO
