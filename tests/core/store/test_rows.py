from collections import Counter
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DataError, NotFound, UsageError
from core.store.records import Row, RowQuery
from core.store.store import Store
from core.types import Dataset, Example, LabelSet

ROWS = (
    Example("a1", "Login FAILS with 100% load", "bug", split="train"),
    Example("a2", "Über uns: a page_title", "docs", note="Prüfen", canonical=True, split="test"),
    Example("a3", "back\\slash and 'quote'", "bug", excluded=True, note="odd"),
    Example("a4", "login works", "docs", split="validation"),
    Example("a5", "login works", "idea", excluded=True, canonical=True),
)


@pytest.fixture
def some_rows(store: Store) -> str:
    return store.datasets.add(Dataset("some", LabelSet(("bug", "docs", "idea", "unused")), ROWS), "test")


def ids(store: Store, dataset_id: str, **query: object) -> str:
    return " ".join(row.id for row in store.rows.page(dataset_id, RowQuery(**query)).rows)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "a1 a2 a3 a4 a5"),
        ({"search": "LOGIN"}, "a1 a4 a5"),
        ({"search": "  über "}, "a2"),
        ({"search": "PRÜF"}, "a2"),
        ({"search": "a4"}, "a4"),
        ({"search": "%"}, "a1"),
        ({"search": "_"}, "a2"),
        ({"search": "\\"}, "a3"),
        ({"search": "'"}, "a3"),
        ({"search": "nowhere"}, ""),
        ({"search": "half \ud800"}, ""),
        ({"search": "x" * 100_000}, ""),
        ({"labels": ("bug", "idea")}, "a1 a3 a5"),
        ({"labels": ("none",)}, ""),
        ({"splits": ("train", "test")}, "a1 a2"),
        ({"splits": ("",)}, "a3 a5"),
        ({"excluded": True}, "a3 a5"),
        ({"excluded": False, "labels": ("docs",)}, "a2 a4"),
        ({"noted": True}, "a2 a3"),
        ({"noted": False}, "a1 a4 a5"),
        ({"canonical": True}, "a2 a5"),
        ({"sort": "label"}, "a1 a3 a2 a4 a5"),
        ({"sort": "label", "descending": True}, "a5 a4 a2 a3 a1"),
        ({"sort": "position", "descending": True, "size": 2}, "a5 a4"),
        ({"size": 2, "page": 2}, "a3 a4"),
        ({"search": "login", "size": 2, "page": 2}, "a5"),
    ],
)
def test_a_query_finds_its_rows_in_order(store: Store, some_rows: str, query: dict, expected: str):
    assert ids(store, some_rows, **query) == expected


def test_a_page_past_the_end_is_the_last_one_and_silly_sizes_are_bounded(store: Store, some_rows: str):
    page = store.rows.page(some_rows, RowQuery(page=99, size=2))
    assert ([row.id for row in page.rows], page.total, page.page) == (["a5"], 5, 3)
    page = store.rows.page(some_rows, RowQuery(page=-3, size=0))
    assert ([row.id for row in page.rows], page.total, page.page) == (["a1"], 5, 1)
    empty = store.rows.page(some_rows, RowQuery(search="nowhere", page=4))
    assert (empty.rows, empty.total, empty.page) == ((), 0, 1)


def test_a_row_has_all_that_its_example_has(store: Store, some_rows: str):
    rows = store.rows.page(some_rows).rows
    names = [field.name for field in fields(Example) if field.name != "reviewed"]  # a row's is its review
    assert [[getattr(row, name) for name in names] for row in rows] == [
        [getattr(example, name) for name in names] for example in ROWS
    ]
    assert [(row.position, row.version) for row in rows] == [(n, 1) for n in range(5)]


@pytest.mark.parametrize("sort", [field.name for field in fields(Row)])
def test_every_field_of_a_row_can_be_sorted_by(store: Store, some_rows: str, sort: str):
    values = [getattr(row, sort) for row in store.rows.page(some_rows, RowQuery(sort=sort)).rows]
    assert values == sorted(values)


def test_a_sort_that_is_no_field_is_refused_with_the_choice(store: Store, some_rows: str):
    with pytest.raises(UsageError, match="cannot be sorted by “text; drop”: use id, text, label"):
        store.rows.page(some_rows, RowQuery(sort="text; drop"))


def test_counts_are_those_of_the_rows(store: Store, some_rows: str):
    counts = store.rows.counts(some_rows)
    assert (counts.total, counts.excluded, counts.noted, counts.canonical) == (5, 2, 2, 2)
    assert counts.labels == {"bug": 1, "docs": 2, "idea": 0, "unused": 0}
    assert list(counts.labels) == ["bug", "docs", "idea", "unused"]
    assert counts.splits == {"train": 1, "validation": 1, "test": 1}


def test_splits_are_assigned_and_make_one_new_version(store: Store, some_rows: str):
    before = store.datasets.info(some_rows).version
    store.rows.assign_splits(some_rows, {"a1": "test", "a5": "train", "a4": "validation"})
    assert [row.split for row in store.rows.page(some_rows).rows] == [
        "test",
        "test",
        "",
        "validation",
        "train",
    ]
    assert [row.version for row in store.rows.page(some_rows).rows] == [2, 1, 1, 1, 2], "a4 had it already"
    assert store.datasets.info(some_rows).version == before + 1
    store.rows.assign_splits(some_rows, {"a1": "test"})
    assert store.datasets.info(some_rows).version == before + 1, "nothing changed"


def test_splits_of_rows_that_are_not_there_change_nothing(store: Store, some_rows: str):
    with pytest.raises(NotFound, match="no row “zz”"):
        store.rows.assign_splits(some_rows, {"a1": "test", "zz": "train"})
    with pytest.raises(DataError, match="“dev” is no split"):
        store.rows.assign_splits(some_rows, {"a1": "dev"})
    assert store.rows.page(some_rows).rows[0].split == "train"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(("bug", "Ärger", "x")),
            st.sampled_from(("", "train", "test")),
            st.booleans(),
            st.text(alphabet="aÄb%_ ", max_size=4),
            st.booleans(),
        ),
        max_size=12,
    ),
    search=st.text(alphabet="aäB%_", max_size=2),
    labels=st.sets(st.sampled_from(("bug", "Ärger"))),
    size=st.integers(1, 5),
)
def test_all_pages_together_are_what_plain_python_would_pick(store: Store, rows, search, labels, size):
    examples = tuple(
        Example(f"{n}", text, label, split=split, excluded=out, canonical=canonical)
        for n, (label, split, out, text, canonical) in enumerate(rows)
    )
    dataset_id = store.datasets.add(Dataset("random", LabelSet(("bug",)), examples), "test")
    expected = [
        e.id
        for e in examples
        if (not labels or e.label in labels) and not e.excluded and search.lower() in e.text.lower()
    ]
    query = {"search": search, "labels": tuple(labels), "excluded": False, "size": size}
    pages = -(-len(expected) // size) or 1
    found = [
        row.id
        for page in range(1, pages + 1)
        for row in store.rows.page(dataset_id, RowQuery(**query, page=page)).rows
    ]
    assert found == expected
    counted = Counter(e.label for e in examples if not e.excluded)
    labels = dict.fromkeys(("bug", *(e.label for e in examples)))
    assert store.rows.counts(dataset_id).labels == {label: counted.get(label, 0) for label in labels}
