"""Second labels: one a row and annotator, beside the rows' own."""

from __future__ import annotations

import pytest

from core.errors import DataError, NotFound
from core.store.store import Store
from tests.core.store import building


@pytest.fixture
def dataset(store: Store) -> str:
    return store.datasets.add(building.dataset(), "test")


def test_a_second_label_stands_beside_the_rows_own_and_changes_no_row(store: Store, dataset: str):
    version = store.datasets.version(dataset)
    given = store.annotations.give(dataset, " Bea ", "r0", "improvement", " why ")
    assert (given.annotator, given.label, given.first, given.note) == ("Bea", "improvement", "bug", "why")
    assert store.annotations.of(dataset, "Bea") == (given,)
    store.annotations.give(dataset, "Bea", "r0", "bug")
    store.annotations.give(dataset, "Cid", "r1", "bug")
    assert store.annotations.annotators(dataset) == {"Bea": 1, "Cid": 1}
    assert store.rows.one(dataset, "r0").label == "bug" and store.datasets.version(dataset) == version
    store.annotations.settle(dataset, "Bea", "r0")
    assert store.annotations.of(dataset, "Bea")[0].settled is not None
    store.annotations.take_back(dataset, "Bea", "r0")
    assert store.annotations.annotators(dataset) == {"Cid": 1}
    store.datasets.delete(dataset)
    assert store.annotations.annotators(dataset) == {}


def test_what_cannot_be_a_second_label_is_refused_in_a_sentence(store: Store, dataset: str):
    for annotator, row, label, problem, kind in (
        ("", "r0", "bug", "The annotator has no name: type one.", DataError),
        ("Bea", "r0", "docs", "“docs” is not in the label set", DataError),
        ("Bea", "r99", "bug", "There is no row “r99”", NotFound),
    ):
        with pytest.raises(kind, match=problem):
            store.annotations.give(dataset, annotator, row, label)


def test_second_labels_follow_where_a_label_is_renamed(store: Store, dataset: str):
    store.annotations.give(dataset, "Bea", "r0", "improvement")
    store.labels.rename(dataset, "improvement", "feature")
    store.labels.rename(dataset, "bug", "defect")
    assert [(each.label, each.first) for each in store.annotations.of(dataset, "Bea")] == [
        ("feature", "defect")
    ]
