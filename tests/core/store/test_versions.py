"""Named versions: whatever was changed, undone, redone or imported since, a version has the rows and the labels that the
dataset had when it got its name."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from core.data.importing.update import UpdatePlan, plan_update
from core.errors import DataError, NotFound
from core.store.dataset_version import DatasetVersion
from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import Dataset, Example
from tests.core.store.building import Clock, dataset

FIELDS = ("text", "label", "note", "excluded")


def changed(store: Store, dataset_id: str, label: str = "improvement", row: str = "r0") -> None:
    assert store.edits.change(dataset_id, [Change(row, "label", label)])


def test_a_version_keeps_who_when_why_and_leads_back_to_its_rows(store: Store, dataset_id: str, clock: Clock):
    before = store.datasets.get(dataset_id)
    first = store.versions.add(dataset_id, " Before  cleaning ", "as imported", "Ann")
    changed(store, dataset_id)
    clock.time += 60
    second = store.versions.add(dataset_id, "clean", who="Bob")
    store.labels.rename(dataset_id, "bug", "defect")
    assert store.versions.all(dataset_id) == (second, first)
    assert (first.name, first.why, first.who, first.at) == (
        "Before cleaning",
        "as imported",
        "Ann",
        clock.time - 60,
    )
    assert store.versions.dataset(first) == before
    assert store.versions.dataset(second).examples[0].label == "improvement"
    assert store.versions.dataset(second).labels == before.labels
    store.versions.remove(first.id)
    assert store.versions.all(dataset_id) == (second,)
    with pytest.raises(NotFound, match="no such version"):
        store.versions.remove(first.id)
    store.datasets.delete(dataset_id)
    assert store.versions.all(dataset_id) == ()


@pytest.mark.parametrize("name", ["", "  ", "a@b", "Now", "x" * 81, "two\0", "GOLD"])
def test_a_name_that_cannot_be_typed_or_is_taken_is_refused(store: Store, dataset_id: str, name: str):
    store.versions.add(dataset_id, "gold")
    with pytest.raises(DataError):
        store.versions.add(dataset_id, name)
    assert len(store.versions.all(dataset_id)) == 1


def test_what_was_undone_when_it_got_its_name_is_not_in_it_though_it_is_redone(store: Store, dataset_id: str):
    changed(store, dataset_id)
    store.edits.undo(dataset_id)
    version = store.versions.add(dataset_id, "undone")
    store.edits.redo(dataset_id)
    assert store.datasets.get(dataset_id).examples[0].label == "improvement"
    assert store.versions.dataset(version).examples[0].label == "bug"


def test_rows_of_an_import_that_was_overtaken_come_back_in_the_version(store: Store, dataset_id: str):
    rows = store.datasets.get(dataset_id).examples
    store.edits.update(dataset_id, UpdatePlan((Example("new", "A new text", "bug"),), (), 0, ()))
    version = store.versions.add(dataset_id, "with the import")
    store.edits.undo(dataset_id)
    changed(store, dataset_id)  # the import can no longer be redone
    assert [row.id for row in store.versions.dataset(version).examples] == [*(row.id for row in rows), "new"]


def test_parts_that_a_run_chose_later_hold_for_every_version(store: Store, dataset_id: str):
    version = store.versions.add(dataset_id, "before the first run")
    store.rows.assign_splits(dataset_id, {"r0": "test"})
    assert store.versions.dataset(version).examples[0].split == "test"


# ---- replayed against copies


@dataclass
class Editor:
    """Somebody who does everything that can be done to a dataset, at random."""

    store: Store
    dataset_id: str
    rng: random.Random
    imported: int = 0

    def act(self) -> None:
        self.rng.choice(
            (self._edit, self._edit, self._bulk, self._import, self._labels, self._undo, self._redo)
        )()

    def _row(self) -> str:
        return self.rng.choice(self.store.datasets.get(self.dataset_id).examples).id

    def _label(self) -> str:
        return self.rng.choice(self.store.datasets.info(self.dataset_id).labels.names)

    def _edit(self) -> None:
        label, note = self._label(), str(self.rng.random())
        wanted = (
            ("label", label),
            ("note", note),
            ("excluded", True),
            ("canonical", True),
            ("review", "kept"),
        )
        chosen = self.rng.sample(wanted, self.rng.randint(1, 3))
        row = self._row()
        self.store.edits.change(self.dataset_id, [Change(row, field, value) for field, value in chosen])

    def _bulk(self) -> None:
        field, value = self.rng.choice((("excluded", False), ("label", self._label()), ("note", "many")))
        self.store.edits.change_all(self.dataset_id, RowQuery(labels=(self._label(),)), field, value)

    def _import(self) -> None:
        self.imported += 1
        known = self.rng.choice(self.store.datasets.get(self.dataset_id).examples)
        again = replace(known, text=f"Reworded {self.imported}", label=self._label())
        rows = [
            again,
            Example(f"new{self.imported}", f"New text {self.imported}", f"label {self.imported % 3}"),
        ]
        present = self.store.datasets.get(self.dataset_id).examples
        self.store.edits.update(self.dataset_id, plan_update(present, rows, "id", FIELDS))

    def _labels(self) -> None:
        one, other = self._label(), self._label()
        if self.rng.random() < 0.5:
            self.store.labels.rename(self.dataset_id, one, f"renamed {self.rng.random()}")
        elif one != other:
            self.store.labels.merge(self.dataset_id, [one], other)

    def _undo(self) -> None:
        for _ in range(self.rng.randint(1, 4)):
            self.store.edits.undo(self.dataset_id)

    def _redo(self) -> None:
        for _ in range(self.rng.randint(1, 3)):
            self.store.edits.redo(self.dataset_id)


@pytest.mark.parametrize("seed", range(4))
def test_every_version_equals_the_copy_that_was_made_of_it(open_store: Callable[..., Store], seed: int):
    store = open_store()
    dataset_id = store.datasets.add(dataset(8), "a test")
    editor = Editor(store, dataset_id, random.Random(seed))
    copies: list[tuple[DatasetVersion, Dataset]] = []
    for number in range(30):
        for _ in range(editor.rng.randint(0, 3)):
            editor.act()
        copies.append((store.versions.add(dataset_id, f"v{number}"), store.datasets.get(dataset_id)))
    for version, copy in copies:
        then = store.versions.dataset(version)
        assert then == copy, version.name
        assert [row.reviewed for row in then.examples] == [row.reviewed for row in copy.examples]
