"""Rows without a label: which of them to label next, and the label that a person gives."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.data.importing.update import FieldChange, UpdatePlan, assign_splits
from core.data.splits import HELD_OUT
from core.similarity.labelling_order import RowSpace
from core.store.records import KEPT, Change, Row, RowPage, RowQuery
from core.types import Example, LabelSet
from core.workspace import Workspace

WHY = "review: labelled"  # how the history names it
ASIDE = "review: no label fits"
BATCH = 10  # rows that are chosen together; after as many labels the next are chosen
# Rows without and with a label that are compared: seconds, whatever the size.
_COMPARED, _LABELLED = 2_000, 1_000
_LOOKED_UP = 200


@dataclass(frozen=True, slots=True)
class LabellingProgress:
    """`labelled` of `total` rows have a label; `aside` of the others were put aside, since no label fits.
    `labels` counts the rows that runs read."""

    labelled: int
    total: int
    aside: int
    labels: Mapping[str, int]

    @property
    def waiting(self) -> int:
        return self.total - self.labelled - self.aside


@dataclass(frozen=True, slots=True)
class LabellingOrder:
    """Rows to label in their order, and the labels that were known when it was made, by row."""

    space: RowSpace | None
    ids: tuple[str, ...]
    labels: Mapping[str, str]


# ---- which rows, and how far


def progress(workspace: Workspace, dataset_id: str) -> LabellingProgress:
    """NotFound."""
    counts = workspace.store.rows.counts(dataset_id)
    return LabellingProgress(
        counts.total - counts.unlabelled, counts.total, _aside(workspace, dataset_id, 1).total, counts.labels
    )


def waiting(workspace: Workspace, dataset_id: str, limit: int = 50, but: Sequence[str] = ()) -> list[str]:
    """The rows to label next, at most `limit`: uncertain ones first, no two of a batch alike
    (core/similarity/labelling_order.py). Those named in `but` come last. Takes seconds the first time."""
    ids = order_of(workspace, dataset_id).ids
    late, known = set(but), set(ids)
    ordered = [identity for identity in ids if identity not in late]
    ordered += [identity for identity in but if identity in known]
    found: list[str] = []
    for start in range(0, len(ordered), _LOOKED_UP):
        part = ordered[start : start + _LOOKED_UP]
        rows = workspace.store.rows.some(dataset_id, part)
        found += [each for each in part if each in rows and not rows[each].label and not rows[each].review]
        if len(found) >= limit:
            break
    return found[:limit]


# ---- what a person says


def name_labels(workspace: Workspace, dataset_id: str, labels: LabelSet, who: str = "") -> str:
    """Puts labels, with their definitions, into the label set. Errors as for `store.labels.add`."""
    workspace.check_writable()
    return workspace.store.labels.add(dataset_id, labels, who)


def give_first_label(workspace: Workspace, dataset_id: str, row: Row, label: str, who: str = "") -> str:
    """Gives the row its label, as one change set, whose id is returned: it is reviewed and in use from then on.
    Errors as for `store.edits.change`, Conflict where the row was changed since."""
    workspace.check_writable()
    given = [Change(row.id, "label", label, row.version), Change(row.id, "review", KEPT, row.version)]
    return workspace.store.edits.change(dataset_id, completed(workspace, dataset_id, given), who, WHY)


def put_aside(workspace: Workspace, dataset_id: str, row: Row, who: str = "") -> str:
    """No label fits: the row is not asked for again, and stays without one."""
    workspace.check_writable()
    return workspace.store.edits.change(
        dataset_id, [Change(row.id, "review", "gap", row.version)], who, ASIDE
    )


def completed(workspace: Workspace, dataset_id: str, changes: Sequence[Change]) -> list[Change]:
    """The changes, with what belongs to a first label: the row is in use from then on and, where the dataset
    has runs, in a part that leaves those comparable."""
    labels = {each.example_id: each for each in changes if each.field == "label" and each.value}
    rows = workspace.store.rows.some(dataset_id, list(labels))
    first = [row for row in rows.values() if not row.label]
    if not first:
        return list(changes)
    taken_in = [Change(row.id, "excluded", False, labels[row.id].seen_version) for row in first]
    placed = [
        Change(identity, "split", split, labels[identity].seen_version)
        for identity, split in _splits(workspace, dataset_id, first).items()
    ]
    return [*changes, *taken_in, *placed]


def place_new_rows(workspace: Workspace, dataset_id: str) -> None:
    """After a label was given to many rows at once: those that it took in get their parts, as in `completed`."""
    new = [row for row in _in_use_without_split(workspace, dataset_id) if row.label]
    if new:
        workspace.store.rows.assign_splits(dataset_id, _splits(workspace, dataset_id, new))


# ---- private


def _in_use_without_split(workspace: Workspace, dataset_id: str) -> list[Row]:
    """None in a dataset without runs, whose parts are chosen by the first."""
    store, rows, page = workspace.store, list[Row](), 1
    while store.runs.all(dataset_id):
        query = RowQuery(excluded=False, splits=("",), page=page, size=1_000)
        found = store.rows.page(dataset_id, query)
        rows += found.rows
        if len(rows) >= found.total:
            break
        page += 1
    return rows


def _aside(workspace: Workspace, dataset_id: str, size: int = 1_000) -> RowPage:
    return workspace.store.rows.page(dataset_id, RowQuery(unlabelled=True, reviewed=True, size=size))


def order_of(workspace: Workspace, dataset_id: str) -> LabellingOrder:
    """Made anew after every BATCH labels, and when rows were imported."""
    counts = workspace.store.rows.counts(dataset_id)
    labelled = sum(counts.labels.values())
    rows = (dataset_id, counts.total, workspace.store.edits.last_import(dataset_id))
    if not counts.unlabelled:
        return LabellingOrder(None, (), {})
    compared = (*rows, counts.unlabelled // (_COMPARED // 2))
    key = (*rows, labelled // BATCH, tuple(counts.labels))
    return workspace.cached("labelling order", key, lambda: _made_order(workspace, dataset_id, compared))


def _made_order(workspace: Workspace, dataset_id: str, compared: object) -> LabellingOrder:
    examples = workspace.store.datasets.get(dataset_id).examples
    labels = {row.id: row.label for row in examples if row.label and not row.excluded}
    aside = {row.id for row in _aside(workspace, dataset_id).rows}
    open_rows = [row.id for row in examples if not row.label and row.id not in aside]
    space = workspace.cached("labelling space", compared, lambda: RowSpace.of(_sampled(examples)))
    first = space.order(labels, open_rows, BATCH)
    return LabellingOrder(space, tuple(dict.fromkeys([*first, *open_rows])), labels)


def _sampled(examples: Iterable[Example]) -> list[Example]:
    """In their order, whoever is in it."""
    rng, rows = random.Random(0), list(examples)
    parts = (
        ([row for row in rows if not row.label], _COMPARED),
        ([row for row in rows if row.label and not row.excluded], _LABELLED),
    )
    chosen = {
        row.id for part, most in parts for row in (rng.sample(part, most) if len(part) > most else part)
    }
    return [row for row in rows if row.id in chosen]


def _splits(workspace: Workspace, dataset_id: str, rows: Sequence[Row]) -> dict[str, str]:
    """By row, the split it gets with its first label, as rows do that come in new by an import."""
    store = workspace.store
    if not store.runs.all(dataset_id):
        return {}
    splits = store.rows.counts(dataset_id).splits
    key = (dataset_id, store.edits.last_import(dataset_id), *(splits.get(name, 0) for name in HELD_OUT))
    held = workspace.cached(
        "held-out rows",
        key,
        lambda: [row for row in store.datasets.get(dataset_id).examples if row.split in HELD_OUT],
    )
    news = [Example(row.id, row.text, "", excluded=True, split=row.split) for row in rows]
    plan = UpdatePlan((), tuple(FieldChange(row.id, "excluded", True, False) for row in rows), 0, ())
    known = {row.id for row in news}
    present = [*(row for row in held if row.id not in known), *news]
    return {
        each.example_id: str(each.after)
        for each in assign_splits(plan, present).changed
        if each.field == "split"
    }
