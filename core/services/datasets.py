"""A file imported again into a dataset that is there: what it would do, and the doing. Store and pure
functions are wired here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.fields import ColumnMap
from core.data.importing.update import UpdatePlan, assign_splits, fields_given, plan_update
from core.store.rows.changes import new_labels
from core.types import Example
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Reimport:
    """`touched` rows would change, of which `by_hand` were corrected here. `new_labels` would join the label
    set. `to_training` rows are to train on, since the dataset has runs, and those compare on the same
    held-out rows; `to_held_out` say what one of those says."""

    update: UpdatePlan
    touched: int
    by_hand: int
    new_labels: tuple[str, ...]
    to_training: int
    to_held_out: int

    @property
    def nothing(self) -> bool:
        return not self.touched and not self.update.added


def plan_reimport(
    workspace: Workspace, dataset_id: str, rows: Sequence[Example], columns: ColumnMap, by: str
) -> Reimport:
    """What `rows`, read with `columns`, would do to the dataset where they are found again by "id" or by
    "text"; `store.rows.update` carries it out. NotFound; DataError where a label could not be told from one
    that is there."""
    store = workspace.store
    dataset = store.datasets.get(dataset_id)
    planned = plan_update(dataset.examples, rows, by, fields_given(columns))
    update = assign_splits(planned, dataset.examples) if store.runs.all(dataset_id) else planned
    placed = _splits(update) - _splits(planned)
    touched = sorted({each.example_id for each in update.changed})
    by_hand = sum(1 for row in store.rows.some(dataset_id, touched).values() if row.edits)
    given = [str(each.after) for each in update.changed if each.field == "label"]
    news = new_labels(dataset.labels, [*given, *(row.label for row in update.added if not row.excluded)])
    return Reimport(update, len(touched), by_hand, news, placed["train"], placed.total() - placed["train"])


def _splits(update: UpdatePlan) -> Counter[str]:
    """How many rows the update puts where."""
    moved = (str(each.after) for each in update.changed if each.field == "split")
    return Counter(split for split in (*(row.split for row in update.added), *moved) if split)
