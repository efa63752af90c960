"""A second person's labels beside those of the rows: which rows to label, how far both agree, and what becomes of
those they disagree on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from core.errors import UsageError
from core.label_sets.sets import label_names
from core.metrics.agreement import Agreement, agreement_of
from core.store.records import KEPT, Change, Row
from core.store.rows.records import Annotation
from core.workspace import Workspace

WHY = "review: settled, "  # how the history names it


class Settlement(StrEnum):
    FIRST = "first"  # the row's label stays
    SECOND = "second"  # the row gets the second person's label
    OTHER = "other"  # neither is right
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class SecondSample:
    """`left` are the rows that the annotator has not labelled yet, in their order; `done` of `total` are."""

    left: tuple[str, ...]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SecondLabels:
    """What a second person said, measured against the labels that the rows had then, so that settling does not
    make the agreement look better. `open` are the disagreements that nobody has settled, oldest first;
    `gone` counts rows that were deleted, and labels that have left the label set."""

    agreement: Agreement
    open: tuple[Annotation, ...]
    gone: int


def second_sample(workspace: Workspace, dataset_id: str, annotator: str, size: int | None) -> SecondSample:
    """A sample by chance of the rows in use, or all with a `size` of None: the same rows in the same order for
    every annotator, and a larger sample begins with the smaller. NotFound."""
    store = workspace.store
    key = (dataset_id, store.datasets.version(dataset_id))
    ids = workspace.cached("second sample", key, lambda: _by_chance(workspace, dataset_id))[:size]
    labelled = {each.example_id for each in store.annotations.of(dataset_id, annotator.strip())}
    left = tuple(identity for identity in ids if identity not in labelled)
    return SecondSample(left, len(ids) - len(left), len(ids))


def give_second_label(
    workspace: Workspace, dataset_id: str, annotator: str, row: Row, label: str, note: str = ""
) -> Annotation:
    """Errors as for `store.annotations.give`."""
    workspace.check_writable()
    return workspace.store.annotations.give(dataset_id, annotator, row.id, label, note)


def take_back_second_label(workspace: Workspace, dataset_id: str, annotator: str, row_id: str) -> None:
    workspace.check_writable()
    workspace.store.annotations.take_back(dataset_id, annotator, row_id)


def _itself(label: str) -> tuple[str, ...]:
    return (label,)


def second_labels(workspace: Workspace, dataset_id: str, annotator: str) -> SecondLabels:
    """How far the annotator agrees with the labels there were. NotFound."""
    store = workspace.store
    labels = store.datasets.info(dataset_id).labels
    named = label_names if labels.several else _itself
    given = store.annotations.of(dataset_id, annotator)
    rows = store.rows.some(dataset_id, [each.example_id for each in given])
    counted = [
        each
        for each in given
        if each.example_id in rows and {*named(each.label), *named(each.first)} <= set(labels.names)
    ]
    pairs = tuple((each.first, each.label) for each in counted)
    names = tuple(sorted({label for pair in pairs for label in pair})) if labels.several else labels.names
    agreement = workspace.cached(
        "agreement", (dataset_id, annotator, pairs, names), lambda: agreement_of(pairs, names)
    )
    waiting = tuple(each for each in counted if _is_open(each, rows[each.example_id]))
    return SecondLabels(agreement, waiting, len(given) - len(counted))


def settle(
    workspace: Workspace,
    dataset_id: str,
    given: Annotation,
    settlement: Settlement,
    label: str = "",
    who: str = "",
) -> str:
    """Decides a disagreement; `label` is for OTHER. Returns the id of the change set, "" where the row stays as
    it is. Errors as for `store.edits.change`."""
    workspace.check_writable()
    if settlement is Settlement.OTHER and not label:
        raise UsageError("Another label is to be named.")
    store = workspace.store
    row = store.rows.one(dataset_id, given.example_id)
    wanted = {Settlement.SECOND: given.label, Settlement.OTHER: label}.get(settlement, row.label)
    news: dict[str, str | bool] = {"label": wanted, "review": KEPT}
    if settlement is Settlement.EXCLUDE:
        news = {"excluded": True}
    words = {
        Settlement.FIRST: "the first label stays",
        Settlement.SECOND: given.annotator + "'s label is right",
        Settlement.OTHER: "neither label is right",
        Settlement.EXCLUDE: "excluded",
    }
    changes = [Change(row.id, field, value, row.version) for field, value in news.items()]
    set_id = store.edits.change(dataset_id, changes, who, WHY + words[settlement])
    store.annotations.settle(dataset_id, given.annotator, row.id)
    return set_id


def reopen(workspace: Workspace, dataset_id: str, given: Annotation, set_id: str) -> None:
    """Undoes `settle`, which gave this change set. Conflict where the dataset was changed since."""
    workspace.check_writable()
    if set_id:
        workspace.store.edits.undo(dataset_id, set_id)
    workspace.store.annotations.settle(dataset_id, given.annotator, given.example_id, settled=False)


def _is_open(given: Annotation, row: Row) -> bool:
    differs = given.label != given.first and row.label == given.first
    return differs and given.settled is None and not row.excluded


def _by_chance(workspace: Workspace, dataset_id: str) -> Sequence[str]:
    examples = workspace.store.datasets.get(dataset_id).examples
    ids = [row.id for row in examples if row.label and not row.excluded]
    return sorted(
        ids, key=lambda identity: hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()
    )


def second_label_records(workspace: Workspace, dataset_id: str, annotator: str) -> list[dict[str, str]]:
    """For a file, in the order in which they were given. `first` is the label that the row had when it was
    labelled, `label_now` the one it has; times are UTC. Of rows that are gone the text is empty."""
    given = workspace.store.annotations.of(dataset_id, annotator)
    rows = workspace.store.rows.some(dataset_id, [each.example_id for each in given])
    return [_record(each, rows.get(each.example_id)) for each in given]


def _record(given: Annotation, row: Row | None) -> dict[str, str]:
    return {
        "id": given.example_id,
        "text": row.text if row else "",
        "first": given.first,
        "annotator": given.annotator,
        "label": given.label,
        "note": given.note,
        "at": _time(given.at),
        "settled": _time(given.settled) if given.settled is not None else "",
        "label_now": row.label if row else "",
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
