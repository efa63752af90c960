import sqlite3
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.dialects import sqlite

from core.errors import NotFound
from core.store.records import Change, RowQuery
from core.store.rows.filters import conditions
from core.store.schema.tables import examples
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from tests.core.store.conftest import SERVER

ROWS = (
    Example("a1", "one", "bug", split="train", source="x.csv"),
    Example("a2", "two", "docs", note="why", canonical=True, split="test", source="y “z”.csv"),
    Example("a3", "three", "bug", excluded=True, source="x.csv"),
    Example("a4", "four", "docs", split="train"),
    Example("a5", "five", "bug", split="validation", source="x.csv"),
)


@pytest.fixture
def some_rows(store: Store) -> str:
    dataset_id = store.datasets.add(Dataset("some", LabelSet(("bug", "docs")), ROWS), "test")
    store.edits.change(dataset_id, [Change("a1", "note", "edited"), Change("a4", "review", "kept")])
    store.edits.change(dataset_id, [Change("a5", "review", "gap"), Change("a5", "label", "docs")])
    store.marks.replace(dataset_id, "suspect", {"a5": "most", "a1": "less", "a4": "least", "gone": "no row"})
    store.marks.replace(dataset_id, "wrong", {"a1": "docs", "a2": "bug"})
    store.marks.replace(dataset_id, "other", {"a3": ""})
    return dataset_id


def ids(store: Store, dataset_id: str, **query: object) -> str:
    return " ".join(row.id for row in store.rows.page(dataset_id, RowQuery(**query)).rows)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"suspect": True}, "a1"),
        ({"suspect": False}, "a2 a3 a4 a5"),
        ({"wrong": True}, "a1 a2"),
        ({"wrong": False}, "a3 a4 a5"),
        ({"edited": True}, "a1 a5"),
        ({"edited": False}, "a2 a3 a4"),
        ({"reviewed": True}, "a4 a5"),
        ({"reviewed": False}, "a1 a2 a3"),
        ({"sources": ("x.csv",)}, "a1 a3 a5"),
        ({"sources": ("", "y “z”.csv")}, "a2 a4"),
        ({"sources": ("none",)}, ""),
        ({"suspect": True, "wrong": True}, "a1"),
        (
            {
                "suspect": True,
                "reviewed": False,
                "sources": ("x.csv",),
                "labels": ("bug",),
                "noted": True,
                "search": "ONE",
            },
            "a1",
        ),
        ({"suspect": False, "splits": ("train",), "noted": False}, "a4"),
        ({"edited": True, "wrong": False}, "a5"),
        ({"sort": "doubt"}, "a5 a1 a4 a2 a3"),
        ({"sort": "doubt", "descending": True}, "a4 a1 a5 a2 a3"),
        ({"sort": "doubt", "suspect": True, "reviewed": False}, "a1"),
        ({"sort": "doubt", "size": 2, "page": 2}, "a4 a2"),
        ({"sort": "doubt", "search": "o"}, "a1 a4 a2"),
        ({"sort": "edits", "descending": True}, "a5 a1 a4 a3 a2"),
        ({"sort": "review"}, "a1 a2 a3 a5 a4"),
    ],
)
def test_a_query_finds_its_rows_in_order(store: Store, some_rows: str, query: dict, expected: str):
    assert ids(store, some_rows, **query) == expected


def test_counts_are_those_of_the_filters(store: Store, some_rows: str):
    counts = store.rows.counts(some_rows)
    assert (counts.suspects, counts.wrong, counts.reviewed, counts.edited) == (1, 2, 2, 2)
    store.edits.undo(some_rows)
    counts = store.rows.counts(some_rows)
    assert (counts.suspects, counts.reviewed, counts.edited) == (2, 1, 1)


def test_sources_are_listed_once_and_in_order(store: Store, some_rows: str):
    assert store.rows.sources(some_rows) == ("", "x.csv", "y “z”.csv")
    assert store.rows.sources(some_rows, limit=2) == ("", "x.csv")
    assert store.rows.sources("none") == ()


def test_an_undone_correction_no_longer_counts_as_one_and_a_redone_one_does(store: Store, some_rows: str):
    store.edits.undo(some_rows)
    assert ids(store, some_rows, edited=True) == "a1"
    store.edits.redo(some_rows)
    assert ids(store, some_rows, edited=True) == "a1 a5"


def test_marks_of_one_dataset_do_not_filter_another(store: Store, some_rows: str):
    other = store.datasets.add(Dataset("other", LabelSet(("bug", "docs")), ROWS), "test")
    assert ids(store, other, suspect=True) == "" and ids(store, other, sort="doubt") == "a1 a2 a3 a4 a5"


# ---- marks


def test_marks_come_back_in_their_order_and_say_what_they_are_about(store: Store, some_rows: str):
    assert list(store.marks.get(some_rows, "suspect").items()) == [
        ("a5", "most"),
        ("a1", "less"),
        ("a4", "least"),
    ]
    assert store.marks.about(some_rows, "suspect") == ""
    before = store.datasets.info(some_rows).version
    store.marks.replace(some_rows, "suspect", {"a2": "“only”"}, about="run 7")
    assert store.marks.get(some_rows, "suspect") == {"a2": "“only”"}
    assert (store.marks.about(some_rows, "suspect"), store.marks.about(some_rows, "none")) == ("run 7", "")
    assert store.marks.of(some_rows, "a2") == {"suspect": "“only”", "wrong": "bug"}
    assert store.datasets.info(some_rows).version == before, "no row has changed"


def test_marks_may_be_none_and_go_with_their_dataset(store: Store, some_rows: str):
    store.marks.replace(some_rows, "suspect", {}, about="looked, found nothing")
    assert (store.marks.get(some_rows, "suspect"), store.marks.about(some_rows, "suspect")) == (
        {},
        "looked, found nothing",
    )
    store.datasets.delete(some_rows)
    assert store.marks.get(some_rows, "wrong") == {} and store.marks.about(some_rows, "suspect") == ""
    with pytest.raises(NotFound):
        store.marks.replace(some_rows, "suspect", {})


# ---- all together

FLAG = st.sampled_from((None, True, False))
A_ROW = st.tuples(
    st.sampled_from(("bug", "docs")),
    st.sampled_from(("", "train")),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(("", "s1", "s2")),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(A_ROW, max_size=10),
    flags=st.tuples(*[FLAG] * 5),
    sources=st.sets(st.sampled_from(("", "s1"))),
    labels=st.sets(st.sampled_from(("bug",))),
    by_doubt=st.booleans(),
    size=st.integers(1, 4),
)
def test_whatever_filters_combine_the_pages_hold_what_plain_python_would_pick(
    store: Store, rows, flags, sources, labels, by_doubt, size
):
    given_rows = [
        Example(str(n), "t", row[0], split=row[1], excluded=row[2], source=row[5])
        for n, row in enumerate(rows)
    ]
    dataset_id = store.datasets.add(Dataset("random", LabelSet(("bug", "docs")), tuple(given_rows)), "test")
    suspects = {str(n): "" for n in reversed(range(len(rows))) if rows[n][3]}
    store.marks.replace(dataset_id, "suspect", suspects)
    store.marks.replace(dataset_id, "wrong", {str(n): "" for n, row in enumerate(rows) if row[4]})
    for n, row in enumerate(rows):
        wanted = [Change(str(n), "note", "n")] * row[6] + [Change(str(n), "review", "kept")] * row[7]
        store.edits.change(dataset_id, wanted)
        if row[8] and store.edits.change(dataset_id, [Change(str(n), "canonical", True)]):
            store.edits.undo(dataset_id)
    names = ("excluded", "suspect", "wrong", "edited", "reviewed")
    query = RowQuery(
        **dict(zip(names, flags, strict=True)), sources=tuple(sources), labels=tuple(labels), size=size
    )

    def fits(row: tuple) -> bool:
        in_doubt = row[3] and not row[7] and not row[2]
        has = (row[2], in_doubt, row[4], row[6], row[7])
        chosen = all(flag is None or flag == value for flag, value in zip(flags, has, strict=True))
        return chosen and (not sources or row[5] in sources) and (not labels or row[0] in labels)

    expected = [str(n) for n, row in enumerate(rows) if fits(row)]
    if by_doubt:
        query, order = replace(query, sort="doubt"), list(suspects)
        expected.sort(
            key=lambda row: (row not in suspects, order.index(row) if row in suspects else int(row))
        )
    pages = -(-len(expected) // size) or 1
    found = [store.rows.page(dataset_id, replace(query, page=page)) for page in range(1, pages + 1)]
    assert [row.id for page in found for row in page.rows] == expected and {page.total for page in found} == {
        len(expected)
    }


@pytest.mark.skipif(bool(SERVER), reason="asks SQLite how it would go about it")
@pytest.mark.parametrize(
    "query",
    [
        RowQuery(),
        RowQuery(labels=("bug",)),
        RowQuery(splits=("train",)),
        RowQuery(excluded=True),
        RowQuery(noted=True, canonical=False),
        RowQuery(edited=True),
        RowQuery(reviewed=False),
        RowQuery(sources=("x.csv",)),
        RowQuery(suspect=True, wrong=False),
    ],
)
def test_no_filter_reads_a_table_from_end_to_end(store: Store, some_rows: str, query: RowQuery):
    wanted = select(func.count()).select_from(examples).where(*conditions(some_rows, query))
    sql = str(wanted.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    connection = sqlite3.connect(store._database.path)
    plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql)]
    connection.close()
    assert plan and all(not step.startswith("SCAN") for step in plan), plan
