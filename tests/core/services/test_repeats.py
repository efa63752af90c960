"""Rows with the same text, marked for the filters of the Dataset page."""

from __future__ import annotations

from core.services.labelling.repeats import refresh_repeats
from core.store.records import Change, RowQuery
from core.types import Dataset, Example, LabelSet
from core.workspace import Workspace

ROWS = ("Crash at start", "bug"), ("crash at start!", "docs"), ("Crash  at start", "bug"), ("Typo", "docs")


def dataset_of_rows(workspace: Workspace) -> str:
    examples = [Example(f"r{at}", text, label) for at, (text, label) in enumerate(ROWS)]
    examples.append(Example("r4", "typo.", "", excluded=True))
    return workspace.store.datasets.add(Dataset("d", LabelSet(("bug", "docs")), tuple(examples)), "test")


def found(workspace: Workspace, dataset: str, **query: bool) -> list[str]:
    refresh_repeats(workspace, dataset)
    return [row.id for row in workspace.store.rows.page(dataset, RowQuery(**query)).rows]


def test_repeats_are_all_but_the_first_and_contradicted_are_all_with_the_text(workspace: Workspace):
    dataset = dataset_of_rows(workspace)
    assert found(workspace, dataset, repeated=True) == ["r2"]
    assert found(workspace, dataset, contradicted=True) == ["r0", "r1", "r2"]
    counts = workspace.store.rows.counts(dataset)
    assert (counts.repeated, counts.contradicted) == (1, 3)


def test_they_follow_labels_exclusions_and_undo(workspace: Workspace):
    dataset, edits = dataset_of_rows(workspace), workspace.store.edits
    found(workspace, dataset)
    edits.change_all(dataset, RowQuery(repeated=True), "excluded", True)
    assert found(workspace, dataset, repeated=True) == []
    edits.undo(dataset)
    assert found(workspace, dataset, repeated=True) == ["r2"]
    edits.change(dataset, [Change("r1", "label", "bug")])
    assert found(workspace, dataset, repeated=True) == ["r1", "r2"]
    assert found(workspace, dataset, contradicted=True) == []
