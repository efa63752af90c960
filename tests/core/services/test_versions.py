"""Versions in use: what changed between two, runs that were tuned on one, past runs by the labels of one, and the tree of
runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

import whetstone
from core.errors import DataError, NotFound
from core.library.run import Run
from core.samples import sample
from core.services.branches import node_in_words
from core.services.datasets import import_sample, split_rows
from core.services.runs import create_run
from core.services.versions.changes import RowDifference, changes_in_words, dataset_changes
from core.services.versions.scores import rescored_runs
from core.services.versions.versions import create_version, dataset_then, version_chosen, version_of_run
from core.store.dataset_version import DatasetVersion
from core.store.records import Change
from core.types import Branch, Dataset, Example, LabelSet, Settings
from core.workspace import Workspace

LABELS = LabelSet(("bug", "wish"), {"bug": "It fails."})
ROWS = tuple(Example(f"r{n}", f"Text {n}", LABELS.names[n % 2]) for n in range(6))


def test_what_changed_is_said_by_row_and_by_label():
    then = Dataset("d", LABELS, ROWS)
    rows = [replace(row, label="defect") if row.label == "bug" else row for row in ROWS]
    rows[1] = replace(rows[1], label="defect", note="crashes")
    rows[2] = replace(rows[2], excluded=True, split="test")
    rows[4] = replace(rows[4], text="Reworded")
    now = Dataset("d", LabelSet(("defect", "wish", "spam")), (*rows[:5], Example("new", "New", "spam")))
    changes = dataset_changes(then, now)
    assert changes.rows == (
        RowDifference("new", "New", "added", "", "spam"),
        RowDifference("r5", "Text 5", "removed", "wish", ""),
        RowDifference("r1", "Text 1", "relabelled", "wish", "defect"),
        RowDifference("r4", "Reworded", "reworded", "Text 4", "Reworded"),
        RowDifference("r2", "Text 2", "excluded", "", "yes"),
        RowDifference("r1", "Text 1", "noted", "", "crashes"),
    )
    assert (changes.renamed, changes.labels_added, changes.labels_removed) == (
        (("bug", "defect"),),
        ("spam",),
        (),
    )
    assert changes_in_words(changes).endswith("label “bug” renamed “defect”, label “spam” added")
    moved = dataset_changes(
        now, replace(now, examples=(replace(now.examples[2], split="train"), *now.examples[3:]))
    )
    assert moved.counts == {"removed": 2, "moved": 1}
    assert dataset_changes(now, now).nothing


@dataclass(frozen=True)
class Tuned:
    """A dataset with one run, on its version "gold", which got its name before the run chose the parts."""

    workspace: Workspace
    dataset_id: str
    name: str
    gold: DatasetVersion
    before: Dataset
    run: Run


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tuned]:
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    dataset_id = import_sample(workspace, sample("five_topics"))
    before = workspace.store.datasets.get(dataset_id)
    gold = whetstone.name_version(before.name, "gold", "as imported", workspace=workspace)
    run = whetstone.tune(f"{before.name}@gold", workspace=workspace, iterations=1, progress=False)
    yield Tuned(workspace, dataset_id, before.name, gold, before, run)
    workspace.close()


def test_a_run_on_a_version_reads_its_rows_and_knows_it(tuned: Tuned):
    workspace, store = tuned.workspace, tuned.workspace.store
    row = tuned.before.examples[0]
    store.edits.change(tuned.dataset_id, [Change(row.id, "label", tuned.before.examples[-1].label)])
    changed = create_version(workspace, tuned.dataset_id, "changed")
    later = [create_run(workspace, each, Settings()) for each in (tuned.gold, changed)]
    rows = [store.runs.snapshot(run).examples for run in (tuned.run.id, *later)]
    assert rows[0] == rows[1] != rows[2], "the same rows in the same parts"
    assert [replace(each, split="") for each in rows[0]] == list(tuned.before.examples)
    assert all(each.split for each in rows[0])
    names = [version_of_run(workspace, store.runs.get(run)) for run in (tuned.run.id, *later)]
    assert names == [tuned.gold, tuned.gold, changed]
    assert version_chosen(workspace, later[0]) == tuned.gold, "a branch goes on with it"
    assert version_chosen(workspace, tuned.run.id) is None, "which was the dataset as it was at that time"
    test = next(each.id for each in rows[0] if each.split == "test")
    assert {each.id: each.split for each in split_rows(workspace, tuned.gold, 0)}[test] == "test"
    store.edits.undo(tuned.dataset_id)
    current = store.runs.create(tuned.dataset_id, Settings())
    assert version_of_run(workspace, store.runs.get(current)) == tuned.gold, "what differed is undone"


def test_past_runs_are_scored_by_the_labels_of_a_version(tuned: Tuned):
    workspace, store = tuned.workspace, tuned.workspace.store
    best = tuned.run.result.best.evaluations["test"].predictions
    labels = {row.id: row.label for row in tuned.before.examples}
    right = next(each for each in best if each.label == labels[each.example_id])
    other = next(name for name in tuned.run.labels if name != right.label)
    store.edits.change(tuned.dataset_id, [Change(right.example_id, "label", other)])
    today = rescored_runs(workspace, store.datasets.get(tuned.dataset_id))[-1].replay.champion
    then = rescored_runs(workspace, dataset_then(workspace, tuned.gold))[-1].replay.champion
    assert today.now.correct == today.then.correct - 1 and then.now == then.then


def test_the_library_names_compares_and_lists(tuned: Tuned):
    workspace, name = tuned.workspace, tuned.name
    made = whetstone.name_version(name, "library", "checked", workspace=workspace)
    row = tuned.before.examples[0].id
    workspace.store.edits.change(tuned.dataset_id, [Change(row, "note", "a note")])
    assert whetstone.versions(name, workspace=workspace)[0] == made
    assert whetstone.compare_versions(name, "LIBRARY", workspace=workspace).counts == {"noted": 1}
    with pytest.raises(NotFound, match="no version “glod” of Five topics"):
        whetstone.compare_versions(name, "glod", workspace=workspace)
    with pytest.raises(DataError, match="already"):
        whetstone.name_version(name, "gold", workspace=workspace)


def test_the_tree_says_which_run_began_with_which(tuned: Tuned):
    workspace, store, first = tuned.workspace, tuned.workspace.store, tuned.run
    known = {record.id for record in store.runs.all()}
    for branch, name in (
        (Branch(first.id, 1), "second"),
        (Branch(first.id, 0), "third"),
        (Branch("gone", 2), "lost"),
    ):
        store.runs.create(tuned.dataset_id, Settings(branch=branch), name)
    trees = whetstone.run_tree(tuned.name, workspace=workspace)
    root, lost = trees[0], trees[1]
    assert len(trees) == len(known) + 1 and not lost.branches
    assert [node.run.name for node in root.branches] == ["second", "third"]
    assert root.part == "test" and root.score == first.result.best.evaluations["test"].metrics
    assert node_in_words(root.branches[1]) == "third, from the starting prompt: queued"
    assert node_in_words(lost, root=True) == "lost, from step 2 of a run that is gone: queued"
