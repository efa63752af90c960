"""Rows without a label: kept, counted by that name, never in use before they have one."""

from __future__ import annotations

import pytest

from core.errors import DataError
from core.store.feedback.records import ServedPrediction
from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import Dataset, Example, LabelSet

EXAMPLES = (
    Example("a", "It breaks", "bug"),
    Example("b", "Left out", "bug", excluded=True),
    Example("c", "No label yet", "", excluded=True),
    Example("d", "None here either", "", excluded=True),
)


@pytest.fixture
def dataset(store: Store) -> str:
    return store.datasets.add(Dataset("some", LabelSet(("bug", "docs")), EXAMPLES), "test")


def test_they_are_counted_and_found_as_rows_without_a_label_not_as_excluded(store: Store, dataset: str):
    info, counts = store.datasets.info(dataset), store.rows.counts(dataset)
    assert info.labels.names == ("bug", "docs")
    assert (info.rows, info.excluded, info.unlabelled) == (4, 1, 2)
    assert (counts.total, counts.excluded, counts.unlabelled) == (4, 1, 2)
    ids = lambda query: [row.id for row in store.rows.page(dataset, query).rows]  # noqa: E731
    assert ids(RowQuery(excluded=True)) == ["b"] and ids(RowQuery(unlabelled=True)) == ["c", "d"]
    assert ids(RowQuery(excluded=False)) == ["a"] and ids(RowQuery(unlabelled=False)) == ["a", "b"]


def test_a_row_that_is_not_excluded_needs_a_label(store: Store):
    with pytest.raises(DataError, match="Row 1 has no label"):
        store.datasets.add(Dataset("x", LabelSet(()), (Example("a", "text", ""),)), "test")


def test_they_cannot_be_taken_in_without_a_label(store: Store, dataset: str):
    with pytest.raises(DataError, match="Row “c” has no label, so no run can use it"):
        store.edits.change(dataset, [Change("c", "excluded", False)])
    store.edits.change_all(dataset, RowQuery(), "excluded", False)
    assert [row.excluded for row in store.rows.page(dataset).rows] == [False, False, True, True]


def test_a_label_for_many_takes_them_in_and_undo_takes_it_back(store: Store, dataset: str):
    store.edits.change_all(dataset, RowQuery(search="none here"), "label", "docs")
    row = store.rows.one(dataset, "d")
    assert (row.label, row.excluded) == ("docs", False)
    assert store.edits.history(dataset)[0].what == "1 row relabelled “docs”"
    store.edits.undo(dataset)
    row = store.rows.one(dataset, "d")
    assert (row.label, row.excluded, store.rows.counts(dataset).unlabelled) == ("", True, 2)


def test_the_history_says_that_a_row_was_labelled(store: Store, dataset: str):
    store.edits.change(dataset, [Change("c", "label", "docs"), Change("c", "excluded", False)])
    assert store.edits.undo(dataset) == "Undone: “No label yet” labelled “docs”."


def test_feedback_on_the_text_of_one_labels_it_and_takes_it_in(store: Store, dataset: str):
    store.answers.add(ServedPrediction("p", dataset, 0.0, "No label yet", "bug", "label"))
    store.feedback.give(dataset, "p", correction="docs")
    row = store.rows.one(dataset, "c")
    assert (row.label, row.excluded) == ("docs", False)


def test_label_names_are_added_with_their_definitions_and_undone(store: Store, dataset: str):
    store.labels.add(dataset, LabelSet(("question", "bug"), {"question": " Asks. ", "bug": "Fails."}))
    labels = store.datasets.info(dataset).labels
    assert labels == LabelSet(("bug", "docs", "question"), {"bug": "Fails.", "question": "Asks."})
    with pytest.raises(DataError, match="cannot be told from “bug”"):
        store.labels.add(dataset, LabelSet(("BUG",)))
    with pytest.raises(DataError, match="empty"):
        store.labels.add(dataset, LabelSet((" ",)))
    store.edits.undo(dataset)
    assert store.datasets.info(dataset).labels == LabelSet(("bug", "docs"))
