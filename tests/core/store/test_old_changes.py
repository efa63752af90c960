"""How long the history of changes is kept, and what of it stays whatever its age."""

from __future__ import annotations

import pytest

from core.data.importing.update import UpdatePlan
from core.errors import UsageError
from core.store.feedback.records import State
from core.store.records import Change, RowQuery
from core.store.rows.old_changes import CHANGES_AT_ONCE, UNDOABLE
from core.store.schema.facts import DAY
from core.store.store import Store
from core.types import Example
from tests.core.store.building import Clock, dataset
from tests.core.store.test_answers import served


def edit(store: Store, dataset_id: str, times: int, start: int = 0) -> None:
    for n in range(start, start + times):
        store.edits.change(dataset_id, [Change("r0", "note", f"Note {n}")], who="Ada", why="Checked")


def clean(store: Store, days: int) -> list[dict]:
    """What went, as it was handed over first."""
    gone: list[dict] = []
    while batch := store.old_changes.oldest(days):
        gone += batch.records
        assert store.old_changes.remove(batch, days) == len(batch.set_ids)
    return gone


def undo_all(store: Store, dataset_id: str) -> int:
    times = 0
    while store.edits.undo(dataset_id):
        times += 1
    return times


def test_old_change_sets_go_whole_and_in_order_and_the_newest_can_still_be_undone(
    store: Store, dataset_id: str, clock: Clock
):
    edit(store, dataset_id, UNDOABLE + 5)
    clock.time += 10 * DAY
    assert store.old_changes.older_than(11).sets == 0
    found = store.old_changes.older_than(9)
    assert (found.sets, found.changes, found.kept) == (5, 5, UNDOABLE)

    gone = clean(store, 9)
    assert [each["after"] for each in gone] == [f"Note {n}" for n in range(5)]
    assert gone[1] | {"change_set": "", "at": 0} == {
        "dataset": "issues",
        "dataset_id": dataset_id,
        "change_set": "",
        "at": 0,
        "who": "Ada",
        "why": "Checked",
        "kind": "rows",
        "what": "",
        "in_force": True,
        "row_id": "r0",
        "field": "note",
        "before": "Note 0",
        "after": "Note 1",
    }
    assert store.rows.one(dataset_id, "r0").edits == UNDOABLE + 5  # the row is as it was
    assert undo_all(store, dataset_id) == UNDOABLE
    assert store.rows.one(dataset_id, "r0").note == "Note 4"


def test_what_a_named_version_leads_back_over_stays_whatever_its_age(
    store: Store, dataset_id: str, clock: Clock
):
    edit(store, dataset_id, 3)
    version = store.versions.add(dataset_id, "gold")
    then = store.versions.dataset(version)
    edit(store, dataset_id, UNDOABLE + 10, start=3)
    clock.time += 400 * DAY
    assert len(clean(store, 1)) == 3
    assert store.versions.dataset(version) == then
    store.versions.remove(version.id)
    assert len(clean(store, 1)) == 10


def test_a_set_undone_after_a_version_stays_as_long_as_the_version(
    store: Store, dataset_id: str, clock: Clock
):
    edit(store, dataset_id, 2)
    version = store.versions.add(dataset_id, "gold")
    then = store.versions.dataset(version)
    store.edits.undo(dataset_id)
    edit(store, dataset_id, UNDOABLE + 5, start=2)  # which drops what was undone
    clock.time += 400 * DAY
    clean(store, 1)
    assert store.versions.dataset(version) == then


def test_young_changes_stay_and_so_does_what_can_be_redone(store: Store, dataset_id: str, clock: Clock):
    edit(store, dataset_id, UNDOABLE + 3)
    for _ in range(4):
        store.edits.undo(dataset_id)
    clock.time += 50 * DAY
    assert store.old_changes.older_than(30).sets == 0  # 19 in force, 4 that may be redone
    for _ in range(4):
        assert store.edits.redo(dataset_id)
    edit(store, dataset_id, 1)
    assert store.old_changes.older_than(30).sets == 4
    assert store.old_changes.older_than(60).sets == 0


def test_feedback_that_was_undone_in_the_rows_stays_undone(store: Store, dataset_id: str, clock: Clock):
    store.answers.add(served(dataset_id))
    post = store.feedback.give(dataset_id, "p1", correction="improvement")
    assert post.state == State.APPLIED
    store.edits.undo(dataset_id)
    edit(store, dataset_id, UNDOABLE + 5)
    clock.time += 50 * DAY
    assert len(clean(store, 1)) == 5
    assert store.feedback.get(post.id).state == State.DISCARDED


def test_the_last_import_is_remembered_when_its_change_set_goes(store: Store, dataset_id: str, clock: Clock):
    store.edits.update(dataset_id, UpdatePlan((Example("new", "A new text", "bug"),), (), 0, ()))
    before = store.edits.last_import(dataset_id)
    edit(store, dataset_id, UNDOABLE)
    clock.time += 50 * DAY
    assert [each["kind"] for each in clean(store, 1)] == ["import"]
    assert store.edits.last_import(dataset_id) == before > 0


def test_large_sets_go_one_at_a_time(store: Store, clock: Clock):
    rows = CHANGES_AT_ONCE // 2 + 1
    dataset_id = store.datasets.add(dataset(rows), "a test")
    for n in range(3):
        store.edits.change_all(dataset_id, RowQuery(), "note", f"Note {n}")
    edit(store, dataset_id, UNDOABLE)
    clock.time += 50 * DAY
    batch = store.old_changes.oldest(1)
    assert (len(batch.set_ids), len(batch.records)) == (1, rows)
    assert store.old_changes.older_than(1).changes == 3 * rows


def test_a_batch_is_looked_at_again_before_it_goes(store: Store, dataset_id: str, clock: Clock):
    edit(store, dataset_id, UNDOABLE + 2)
    clock.time += 50 * DAY
    batch = store.old_changes.oldest(1)
    store.edits.undo(dataset_id)  # so that one more has to stay
    assert len(batch.set_ids) == 2 and store.old_changes.remove(batch, 1) == 1


def test_days_are_a_setting_that_is_due_once_an_hour(store: Store, clock: Clock):
    old = store.old_changes
    assert (old.days(), old.due()) == (None, None)
    old.set_days(30)
    assert (old.days(), old.due(), store.retention.days()) == (30, 30, None)
    old.cleaned()
    assert old.due() is None
    clock.time += 3_600
    assert old.due() == 30
    with pytest.raises(UsageError, match="The history of changes is kept for 1 to 36,500 days"):
        old.set_days(0)
