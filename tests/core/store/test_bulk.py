import pytest

from core.errors import Conflict, DataError, NotFound, UsageError
from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from tests.core.store.building import Clock


def examples(store: Store, dataset_id: str) -> dict[str, Example]:
    return {example.id: example for example in store.datasets.get(dataset_id).examples}


def test_what_is_filtered_is_changed_at_once_on_all_pages(store: Store, dataset_id: str):
    set_id = store.edits.change_all(
        dataset_id,
        RowQuery(labels=("bug",), size=1, page=2),
        "label",
        " improvement ",
        "Ann",
        "one of a kind",
    )
    assert {example.label for example in examples(store, dataset_id).values()} == {"improvement"}
    assert store.datasets.info(dataset_id).version == 2
    assert [(row.version, row.edits) for row in store.rows.page(dataset_id).rows] == [(2, 1), (1, 0)] * 3
    (entry,) = store.edits.history(dataset_id)
    assert (
        entry.change_set,
        entry.who,
        entry.why,
        entry.example_id,
        entry.field,
        entry.after,
        entry.rows,
        entry.what,
    ) == (set_id, "Ann", "one of a kind", "", "label", "improvement", 3, "3 rows relabelled “improvement”")
    (one,) = store.edits.history(dataset_id, "r2")
    assert (one.who, one.example_id, one.field, one.before, one.after, one.rows) == (
        "Ann",
        "r2",
        "label",
        "bug",
        "improvement",
        1,
    )
    assert store.edits.history(dataset_id, "r1") == ()


def test_undo_gives_each_row_back_what_it_had(store: Store, dataset_id: str):
    store.edits.change(
        dataset_id,
        [Change("r0", "note", "a"), Change("r3", "note", "b"), Change("r4", "label", "improvement")],
    )
    before = store.datasets.get(dataset_id).examples
    store.edits.change_all(dataset_id, RowQuery(), "note", "the same")
    store.edits.change_all(dataset_id, RowQuery(search="number"), "label", "bug")
    store.edits.change_all(dataset_id, RowQuery(labels=("bug",)), "excluded", True)
    after = store.datasets.get(dataset_id).examples
    assert {(e.note, e.label, e.excluded) for e in after} == {("the same", "bug", True)}
    assert store.edits.upcoming(dataset_id) == ("6 rows excluded.", "")
    assert [store.edits.undo(dataset_id) for _ in range(3)] == [
        "Undone: 6 rows excluded.",
        "Undone: 4 rows relabelled “bug”.",
        "Undone: the note of 6 rows.",
    ]
    assert store.datasets.get(dataset_id).examples == before
    assert store.rows.counts(dataset_id).noted == 2
    assert store.edits.redo(dataset_id) == "Redone: the note of 6 rows."
    assert store.edits.redo(dataset_id) and store.edits.redo(dataset_id)
    assert store.datasets.get(dataset_id).examples == after


@pytest.mark.parametrize(
    ("field", "value", "back", "words"),
    [
        ("excluded", True, False, "6 rows excluded"),
        ("canonical", True, False, "6 rows canonical"),
        ("review", "kept", "", "6 rows kept as they are"),
        ("review", "gap", "", "6 rows marked as unclear in the definitions"),
    ],
)
def test_flags_and_reviews_are_set_and_taken_back(
    store: Store, dataset_id: str, field: str, value: str | bool, back: str | bool, words: str
):
    store.edits.change_all(dataset_id, RowQuery(), field, value)
    assert {getattr(row, field) for row in store.rows.page(dataset_id).rows} == {value}
    assert (store.edits.history(dataset_id)[0].what, store.edits.history(dataset_id)[0].after) == (
        words,
        value,
    )
    assert {row.edits for row in store.rows.page(dataset_id).rows} == {0 if field == "review" else 1}
    store.edits.change_all(dataset_id, RowQuery(), field, back)
    assert {getattr(row, field) for row in store.rows.page(dataset_id).rows} == {back}
    assert "no longer" in store.edits.history(dataset_id)[0].what


def test_a_filter_may_be_about_what_is_changed(store: Store, dataset_id: str):
    """Rows leave the filter while they are changed; all of them are, and undo knows them."""
    store.marks.replace(dataset_id, "suspect", {"r1": "", "r2": ""})
    store.edits.change_all(dataset_id, RowQuery(suspect=True, edited=False, noted=False), "note", "looked at")
    assert [row.id for row in store.rows.page(dataset_id, RowQuery(edited=True, noted=True)).rows] == [
        "r1",
        "r2",
    ]
    store.edits.undo(dataset_id)
    assert store.rows.page(dataset_id, RowQuery(edited=True)).total == 0


def test_a_new_label_joins_the_label_set_and_leaves_it_when_undone(store: Store, dataset_id: str):
    store.edits.change_all(dataset_id, RowQuery(labels=("bug",)), "label", "“fox” 🦊")
    assert store.datasets.info(dataset_id).labels.names == ("bug", "improvement", "“fox” 🦊")
    store.edits.undo(dataset_id)
    assert store.datasets.info(dataset_id).labels.names == ("bug", "improvement")
    store.edits.redo(dataset_id)
    assert store.datasets.info(dataset_id).labels.names == ("bug", "improvement", "“fox” 🦊")


def test_what_changes_nothing_leaves_no_trace_and_what_was_undone_can_still_be_redone(
    store: Store, dataset_id: str
):
    store.edits.change(dataset_id, [Change("r0", "note", "x")])
    store.edits.undo(dataset_id)
    before = store.datasets.info(dataset_id).version
    assert store.edits.change_all(dataset_id, RowQuery(labels=("bug",)), "label", "bug") == ""
    assert store.edits.change_all(dataset_id, RowQuery(labels=("none",)), "excluded", True) == ""
    assert store.datasets.info(dataset_id).version == before and len(store.edits.history(dataset_id)) == 1
    assert store.edits.redo(dataset_id) == "Redone: the note of “Text number 0”."


def test_a_row_that_was_changed_since_the_preview_stops_it_all(store: Store, dataset_id: str):
    seen = store.datasets.info(dataset_id).version
    store.edits.change(dataset_id, [Change("r1", "note", "somebody else")])
    with pytest.raises(Conflict, match="Row “r1” was changed since you looked at it"):
        store.edits.change_all(dataset_id, RowQuery(), "excluded", True, seen_version=seen)
    assert store.rows.counts(dataset_id).excluded == 0 and len(store.edits.history(dataset_id)) == 1
    assert store.edits.change_all(
        dataset_id, RowQuery(labels=("bug",)), "excluded", True, seen_version=seen
    ), "r1 is no bug"
    assert store.edits.change_all(
        dataset_id, RowQuery(), "canonical", True, seen_version=store.datasets.info(dataset_id).version
    )


def test_someone_who_saw_a_row_before_a_bulk_edit_or_its_undo_is_told(store: Store, dataset_id: str):
    store.edits.change_all(dataset_id, RowQuery(), "note", "all")
    with pytest.raises(Conflict):
        store.edits.change(dataset_id, [Change("r0", "note", "mine", seen_version=1)])
    store.edits.undo(dataset_id)
    with pytest.raises(Conflict):
        store.edits.change(dataset_id, [Change("r0", "note", "mine", seen_version=2)])
    with pytest.raises(Conflict):
        store.edits.change_all(dataset_id, RowQuery(), "note", "mine", seen_version=2)


@pytest.mark.parametrize(
    ("field", "value", "error", "sentence"),
    [
        ("label", " ", DataError, "The label is empty"),
        ("label", "BUG", DataError, "“BUG” cannot be told from “bug”"),
        ("text", "x", UsageError, "“text” of a row cannot be changed"),
        ("excluded", "yes", UsageError, "cannot be changed to this"),
        ("review", "odd", UsageError, "review to nothing, “kept” or “gap”"),
        ("note", "\0", DataError, "The note holds a NUL"),
    ],
)
def test_what_cannot_be_meant_is_refused_whole(
    store: Store, dataset_id: str, field: str, value: object, error: type, sentence: str
):
    with pytest.raises(error, match=sentence):
        store.edits.change_all(dataset_id, RowQuery(), field, value)
    assert store.edits.history(dataset_id) == () and store.datasets.info(dataset_id).version == 1


def test_a_dataset_that_is_gone_cannot_be_changed(store: Store):
    with pytest.raises(NotFound):
        store.edits.change_all("gone", RowQuery(), "note", "x")


def test_the_history_mixes_single_and_bulk_changes_newest_first(store: Store, dataset_id: str, clock: Clock):
    store.edits.change(dataset_id, [Change("r0", "note", "1"), Change("r1", "note", "2")])
    store.edits.change_all(dataset_id, RowQuery(), "canonical", True)
    clock.time += 5
    store.edits.change(dataset_id, [Change("r2", "note", "3")])
    store.edits.undo(dataset_id)
    entries = store.edits.history(dataset_id)
    assert [(e.example_id, e.field, e.rows, e.undone) for e in entries] == [
        ("r2", "note", 1, True),
        ("", "canonical", 6, False),
        ("r1", "note", 1, False),
        ("r0", "note", 1, False),
    ]
    assert store.edits.history(dataset_id, limit=3) == entries[:3]
    assert [e.field for e in store.edits.history(dataset_id, "r0")] == ["canonical", "note"]
    assert entries[0].when == entries[1].when + 5


def test_undo_in_one_dataset_leaves_equal_ids_of_another_alone(store: Store, dataset_id: str):
    rows = tuple(Example(f"r{n}", "t", "bug", note="n") for n in range(6))
    other = store.datasets.add(Dataset("other", LabelSet(("bug",)), rows), "test")
    store.edits.change_all(dataset_id, RowQuery(), "note", "here")
    assert store.datasets.get(other).examples == rows
    store.edits.undo(dataset_id)
    assert store.datasets.get(other).examples == rows and store.edits.history(other) == ()
