from dataclasses import dataclass
from typing import Any

import pytest

from core.errors import Conflict, DataError, NotFound, UsageError
from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import Example
from tests.core.store.building import dataset


@dataclass(frozen=True, slots=True)
class Difference:
    example_id: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Planned:
    added: tuple[Example, ...] = ()
    changed: tuple[Difference, ...] = ()


NEW = (
    Example("n0", "New text", "bug", note="n", canonical=True, split="test", source="again.csv"),
    Example("n1", "“Other” text", "question", excluded=False),
    Example("n2", "Left out", "unused", excluded=True),
)
CHANGED = (
    Difference("r0", "text", "Text number 0", "Text zero"),
    Difference("r0", "note", "", "from the file"),
    Difference("r2", "label", "bug", " fresh "),
    Difference("r3", "excluded", False, True),
    Difference("r4", "canonical", False, True),
    Difference("r5", "split", "", "train"),
    Difference("r5", "source", "test", "again.csv"),
)


def content(store: Store, dataset_id: str) -> tuple:
    stored = store.datasets.get(dataset_id)
    return stored.examples, stored.labels


def test_a_file_imported_again_adds_and_changes_rows_as_one_set(store: Store, dataset_id: str):
    set_id = store.edits.update(dataset_id, Planned(NEW, CHANGED), who="Ann", why="the file was corrected")
    examples, labels = content(store, dataset_id)
    by_id = {example.id: example for example in examples}
    assert [example.id for example in examples] == ["r0", "r1", "r2", "r3", "r4", "r5", "n0", "n1", "n2"]
    assert examples[6:] == NEW
    assert (
        by_id["r0"].text,
        by_id["r0"].note,
        by_id["r2"].label,
        by_id["r3"].excluded,
        by_id["r4"].canonical,
    ) == ("Text zero", "from the file", "fresh", True, True)
    assert (by_id["r5"].split, by_id["r5"].source, by_id["r1"]) == (
        "train",
        "again.csv",
        dataset().examples[1],
    )
    assert labels.names == ("bug", "improvement", "fresh", "question"), (
        "no label that only excluded rows have"
    )
    rows = store.rows.page(dataset_id).rows
    assert [row.version for row in rows] == [2, 1, 2, 2, 2, 2, 2, 2, 2] and {row.edits for row in rows} == {0}
    assert (
        store.rows.counts(dataset_id).noted == 2
        and store.rows.page(dataset_id, RowQuery(search="text zero")).total == 1
    )
    (entry,) = store.edits.history(dataset_id)
    assert (entry.change_set, entry.who, entry.why, entry.field, entry.rows, entry.what) == (
        set_id,
        "Ann",
        "the file was corrected",
        "import",
        8,
        "import: 3 rows added, 5 rows changed",
    )
    assert [(e.field, e.before, e.after) for e in store.edits.history(dataset_id, "r0")] == [
        ("note", "", "from the file"),
        ("text", "Text number 0", "Text zero"),
    ]
    assert [(e.field, e.what) for e in store.edits.history(dataset_id, "n0")] == [("added", entry.what)]


def test_undo_takes_added_rows_away_and_redo_puts_them_back(store: Store, dataset_id: str):
    before = content(store, dataset_id)
    store.edits.update(dataset_id, Planned(NEW, CHANGED))
    after = content(store, dataset_id)
    store.edits.change(dataset_id, [Change("n0", "note", "later")])
    later = content(store, dataset_id)
    store.edits.undo(dataset_id)
    assert store.edits.undo(dataset_id) == "Undone: import: 3 rows added, 5 rows changed."
    assert content(store, dataset_id) == before
    assert [e.undone for e in store.edits.history(dataset_id, "n0")] == [True, True]
    assert {e.after for e in store.edits.history(dataset_id, "n0")} == {"later", ""}, (
        "what is kept for redo is not shown"
    )
    store.edits.redo(dataset_id)
    assert content(store, dataset_id) == after
    store.edits.redo(dataset_id)
    assert content(store, dataset_id) == later


def test_who_saw_an_added_row_before_it_was_taken_away_overwrites_nothing(store: Store, dataset_id: str):
    store.edits.update(dataset_id, Planned(NEW))
    seen = store.rows.page(dataset_id, RowQuery(search="n0")).rows[0].version
    store.edits.undo(dataset_id)
    with pytest.raises(NotFound, match="no row “n0”"):
        store.edits.change(dataset_id, [Change("n0", "note", "mine", seen)])
    store.edits.update(dataset_id, Planned((Example("n0", "Another row of that id", "bug"),)))
    with pytest.raises(Conflict, match="Row “n0” was changed since"):
        store.edits.change(dataset_id, [Change("n0", "note", "mine", seen)])
    assert store.edits.redo(dataset_id) is None


def test_whoever_keeps_texts_is_told_of_imports_their_undo_and_redo_only(store: Store, dataset_id: str):
    seen = [store.edits.last_import(dataset_id)]
    for deed in (
        lambda: store.edits.update(dataset_id, Planned((), CHANGED[:1])),
        lambda: store.edits.undo(dataset_id),
        lambda: store.edits.redo(dataset_id),
    ):
        deed()
        seen.append(store.edits.last_import(dataset_id))
    assert seen[0] == 0 and sorted(set(seen)) == seen
    store.edits.change(dataset_id, [Change("r1", "note", "no text")])
    assert store.edits.last_import(dataset_id) == seen[-1]


def test_some_rows_are_found_by_id_and_missing_ones_left_out(store: Store, dataset_id: str):
    found = store.rows.some(dataset_id, ["r3", "gone", "r0", "r3"])
    assert set(found) == {"r0", "r3"} and found["r3"] == store.rows.page(dataset_id).rows[
        3
    ] == store.rows.one(dataset_id, "r3")
    with pytest.raises(NotFound, match="no row “gone”"):
        store.rows.one(dataset_id, "gone")


def test_splits_that_were_assigned_meanwhile_come_back_with_the_rows(store: Store, dataset_id: str):
    store.edits.update(dataset_id, Planned(NEW[1:2]))
    store.rows.assign_splits(dataset_id, {"n1": "validation"})
    store.edits.undo(dataset_id)
    store.edits.redo(dataset_id)
    assert store.datasets.get(dataset_id).examples[-1].split == "validation"


def test_a_row_that_is_not_as_it_was_planned_for_stops_it_all(store: Store, dataset_id: str):
    store.edits.change(dataset_id, [Change("r2", "label", "improvement")])
    with pytest.raises(Conflict, match="Row “r2” was changed since you looked at it"):
        store.edits.update(dataset_id, Planned(NEW, CHANGED))
    assert store.datasets.info(dataset_id).rows == 6 and len(store.edits.history(dataset_id)) == 1


def test_what_is_there_already_is_no_change(store: Store, dataset_id: str):
    store.edits.change(dataset_id, [Change("r2", "label", "fresh")])
    assert store.edits.update(dataset_id, Planned((), CHANGED[2:3])) == ""
    assert store.edits.update(dataset_id, Planned()) == ""
    assert len(store.edits.history(dataset_id)) == 1


@pytest.mark.parametrize(
    ("planned", "error", "sentence"),
    [
        (Planned((Example("r0", "t", "bug"),)), DataError, "The id “r0” is used by two rows"),
        (
            Planned((Example("n", "t", "bug"), Example("n", "t", "bug"))),
            DataError,
            "The id “n” is used by two rows",
        ),
        (Planned((Example("n", "t", " "),)), DataError, "Row 7 has no label"),
        (Planned((Example("n", "t", "Bug"),)), DataError, "“Bug” cannot be told from “bug”"),
        (Planned((Example("n", "\0", "bug"),)), DataError, "Row 7 holds a NUL"),
        (Planned((), (Difference("zz", "note", "", "n"),)), NotFound, "no row “zz”"),
        (
            Planned((), (Difference("r0", "version", 1, 2),)),
            UsageError,
            "“version” of a row cannot be updated",
        ),
        (Planned((), (Difference("r0", "label", "bug", ""),)), DataError, "The label of row “r0” is empty"),
        (Planned((), (Difference("r0", "split", "", "dev"),)), DataError, "“dev” is no split"),
        (
            Planned((), (Difference("r0", "text", "Text number 0", "\ud800"),)),
            DataError,
            "Row “r0” holds half of a character",
        ),
        (
            Planned((), (Difference("r0", "excluded", False, "yes"),)),
            UsageError,
            "“excluded” of row “r0” is neither yes nor no",
        ),
    ],
)
def test_what_cannot_be_stored_is_refused_whole(
    store: Store, dataset_id: str, planned: Planned, error: type, sentence: str
):
    before = content(store, dataset_id)
    with pytest.raises(error, match=sentence):
        store.edits.update(dataset_id, Planned(planned.added, (*CHANGED[:1], *planned.changed)))
    assert content(store, dataset_id) == before and store.edits.history(dataset_id) == ()
