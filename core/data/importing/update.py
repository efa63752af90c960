"""A file imported again: what it would change in the rows that are there, before anything is changed."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.data.fields import UPDATED, ColumnMap, stable_id
from core.data.splits import HELD_OUT
from core.errors import UsageError
from core.similarity.duplicates import comparables
from core.types import Example

FIELDS = tuple(field.name for field in UPDATED)
WAYS = ("id", "text")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one row: a text, or yes or no for "excluded" and "canonical"."""

    example_id: str
    field: str
    before: str | bool
    after: str | bool


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """`added` rows have ids that are free. `same` counts rows that are there already, without a difference;
    `absent` are the ids of rows that the file lacks: they stay as they are."""

    added: tuple[Example, ...]
    changed: tuple[FieldChange, ...]
    same: int
    absent: tuple[str, ...]


def fields_given(columns: ColumnMap) -> tuple[str, ...]:
    """The fields that a file has columns for. A file without notes says nothing about notes, rather than that
    there are none."""
    return tuple(field.name for field in UPDATED if columns.of(field))


def plan_update(
    present: Sequence[Example], incoming: Sequence[Example], by: str, fields: Iterable[str] = FIELDS
) -> UpdatePlan:
    """How `incoming` differs from `present`, in `fields`, where rows are the same by "id", or by "text": of
    several rows with one text the first is the first, and so on. An empty split means "choose for me", and is
    no difference. UsageError for another `by`."""
    if by not in WAYS:
        raise UsageError("Rows are found again by id or by text: choose one of these.")
    waiting: dict[str, deque[Example]] = defaultdict(deque)
    for row in present:
        waiting[getattr(row, by)].append(row)
    compared = [field for field in FIELDS if field in set(fields)]
    taken = {row.id for row in present}
    added: list[Example] = []
    changed: list[FieldChange] = []
    same = 0
    for row in incoming:
        candidates = waiting.get(getattr(row, by))
        if candidates:
            differences = _differences(candidates.popleft(), row, compared)
            changed += differences
            same += not differences
        else:
            added.append(_with_free_id(row, taken))
            taken.add(added[-1].id)
    absent = {row.id for rows in waiting.values() for row in rows}
    return UpdatePlan(
        tuple(added), tuple(changed), same, tuple(row.id for row in present if row.id in absent)
    )


def assign_splits(plan: UpdatePlan, present: Sequence[Example]) -> UpdatePlan:
    """The same for a dataset that has been tuned: rows without a split that come in new, or are taken in
    again, are to train on. Else the next run might hold them out, and runs could no longer be compared. Those
    that say what a held-out row says go where that one is, as in `core.data.splits`, or prompts would be
    tuned on what they are measured with."""
    moved = {each.example_id for each in plan.changed if each.field == "split"}
    back = {each.example_id for each in plan.changed if each.field == "excluded" and not each.after} - moved
    texts = {row.id: row.text for row in present} | {
        each.example_id: str(each.after) for each in plan.changed if each.field == "text"
    }
    held = [(texts[row.id], row.split) for row in present if row.split in HELD_OUT]
    split_of = dict(zip(comparables(text for text, _ in held), (split for _, split in held), strict=True))

    def of(texts: Sequence[str]) -> list[str]:
        return [split_of.get(text, "train") for text in comparables(texts)]

    returning = [row.id for row in present if row.id in back and not row.split]
    splits = of([row.text for row in plan.added])
    added = tuple(
        row if row.split else replace(row, split=split) for row, split in zip(plan.added, splits, strict=True)
    )
    changed = zip(returning, of([texts[identity] for identity in returning]), strict=True)
    return replace(
        plan,
        added=added,
        changed=(*plan.changed, *(FieldChange(row, "split", "", split) for row, split in changed)),
    )


def _differences(before: Example, after: Example, fields: Sequence[str]) -> list[FieldChange]:
    """A row without a label says nothing about the label there is; one that gets its first label is taken in."""
    if not (before.label and after.label):
        labelled = "label" in fields and bool(after.label)
        others = [field for field in fields if field not in ("label", "excluded")]
        fields = [*others, "label", "excluded"] if labelled else others
    return [
        FieldChange(before.id, field, getattr(before, field), getattr(after, field))
        for field in fields
        if getattr(before, field) != getattr(after, field) and not (field == "split" and not after.split)
    ]


def _with_free_id(row: Example, taken: set[str]) -> Example:
    if row.id not in taken:
        return row
    number = 0
    while stable_id(row.text, number) in taken:
        number += 1
    return replace(row, id=stable_id(row.text, number))
