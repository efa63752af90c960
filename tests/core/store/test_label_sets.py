"""Rows with several labels in the store: counts, filters, and a label set that is managed."""

from __future__ import annotations

import pytest

from core.errors import DataError
from core.store.records import Change, RowQuery
from core.types import Dataset, Example, LabelSet

LABELS = ("billing", "bug", "praise")
SETS = ("billing; bug", "bug", "praise", "billing; praise")


@pytest.fixture
def added(store):
    rows = tuple(Example(str(number), f"text {number}", label) for number, label in enumerate(SETS))
    return store.datasets.add(Dataset("help desk", LabelSet(LABELS, several=True), rows), "a test")


def labels_of(store, dataset_id):
    return [row.label for row in store.datasets.get(dataset_id).examples]


def test_rows_are_counted_and_found_by_each_label(store, added):
    assert store.rows.counts(added).labels == {"billing": 2, "bug": 2, "praise": 2}
    page = store.rows.page(added, RowQuery(labels=("bug",)))
    assert [row.id for row in page.rows] == ["0", "1"]


def test_labels_given_are_in_one_order_and_extend_the_label_set(store, added):
    store.edits.change(added, [Change("1", "label", "praise; bug; new")])
    assert labels_of(store, added)[1] == "bug; new; praise"
    assert store.datasets.info(added).labels == LabelSet((*LABELS, "new"), several=True)
    store.edits.undo(added)
    assert store.datasets.info(added).labels.names == LABELS


def test_a_renamed_or_merged_label_changes_its_sets_and_comes_back(store, added):
    store.labels.rename(added, "bug", "a fault")
    assert labels_of(store, added) == ["a fault; billing", "a fault", "praise", "billing; praise"]
    store.labels.merge(added, ["a fault", "billing"], "billing")
    assert labels_of(store, added) == ["billing", "billing", "praise", "billing; praise"]
    store.edits.undo(added)
    store.edits.undo(added)
    assert labels_of(store, added) == list(SETS) and store.datasets.info(added).labels.names == LABELS
    with pytest.raises(DataError, match="stands between several labels"):
        store.labels.rename(added, "bug", "a; b")


def test_a_deleted_label_is_lost_and_excludes_rows_that_had_no_other(store, added):
    store.labels.delete(added, "bug")
    rows = store.datasets.get(added).examples
    assert [(row.label, row.excluded) for row in rows[:2]] == [("billing", False), ("bug", True)]
    assert store.rows.counts(added).labels == {"billing": 2, "praise": 2}


def test_a_second_person_gives_sets(store, added):
    given = store.annotations.give(added, "Ann", "0", "bug; billing")
    assert given.label == "billing; bug"
    store.labels.rename(added, "bug", "fault")
    assert store.annotations.of(added, "Ann")[0].label == "billing; fault"
    with pytest.raises(DataError, match="not in the label set"):
        store.annotations.give(added, "Ann", "0", "bug; zebra")
