"""A second person's labels: the sample, the agreement, and disagreements that are settled."""

from __future__ import annotations

import csv
import io
import json
import random

import pytest
from sklearn.metrics import cohen_kappa_score

from core.errors import Conflict
from core.exports.second_labels import second_labels_csv, second_labels_jsonl
from core.metrics.agreement import agreement_of
from core.services.labelling import agreement as agreeing
from core.services.labelling.agreement import Settlement
from core.store.records import Change
from core.types import Dataset, Example, LabelSet
from core.workspace import Workspace


@pytest.fixture
def dataset(workspace: Workspace) -> str:
    rows = [Example(f"r{n}", f"=text {n}", "ab"[n % 2]) for n in range(20)]
    rows += [Example("x", "no label", "", excluded=True), Example("y", "out", "a", excluded=True)]
    return workspace.store.datasets.add(Dataset("d", LabelSet(("a", "b", "c")), tuple(rows)), "test")


def second(workspace: Workspace, dataset: str, differ: int) -> None:
    """Bea labels twelve rows, the first so many otherwise."""
    for number, identity in enumerate(agreeing.second_sample(workspace, dataset, "Bea", 12).left):
        row = workspace.store.rows.one(dataset, identity)
        label = {"a": "b", "b": "a"}[row.label] if number < differ else row.label
        agreeing.give_second_label(workspace, dataset, "Bea", row, label, "a note")


def test_the_sample_is_of_rows_in_use_the_same_for_everybody_and_grows(workspace: Workspace, dataset: str):
    small, everything = (agreeing.second_sample(workspace, dataset, "Bea", size) for size in (5, None))
    assert (len(small.left), everything.total) == (5, 20) and not {"x", "y"} & set(everything.left)
    assert everything.left[:5] == small.left == agreeing.second_sample(workspace, dataset, "Cid", 5).left
    second(workspace, dataset, 0)
    now = agreeing.second_sample(workspace, dataset, " Bea ", 15)
    assert (now.done, now.total, len(now.left)) == (12, 15, 3)
    agreeing.take_back_second_label(workspace, dataset, "Bea", small.left[0])
    assert agreeing.second_sample(workspace, dataset, "Bea", 5).left == (small.left[0],)


def test_agreement_is_of_the_labels_as_they_were_and_disagreements_wait(workspace: Workspace, dataset: str):
    second(workspace, dataset, 4)
    told = agreeing.second_labels(workspace, dataset, "Bea")
    assert (told.agreement.n, told.agreement.agreed, len(told.open)) == (12, 8, 4)
    first, other, third, fourth = told.open
    assert agreeing.settle(workspace, dataset, first, Settlement.FIRST)
    set_id = agreeing.settle(workspace, dataset, other, Settlement.SECOND, who="Ann")
    agreeing.settle(workspace, dataset, third, Settlement.OTHER, "c")
    agreeing.settle(workspace, dataset, fourth, Settlement.EXCLUDE)
    after = agreeing.second_labels(workspace, dataset, "Bea")
    assert after.open == () and after.agreement == told.agreement
    rows = workspace.store.rows.some(dataset, [each.example_id for each in told.open])
    labels = [rows[each.example_id].label for each in told.open]
    assert labels[:3] == [first.first, other.label, "c"] and rows[fourth.example_id].excluded
    assert (
        workspace.store.edits.history(dataset, other.example_id)[0].why
        == "review: settled, Bea's label is right"
    )
    with pytest.raises(Conflict):
        agreeing.reopen(workspace, dataset, other, set_id)


def test_what_was_settled_can_be_opened_again_step_by_step(workspace: Workspace, dataset: str):
    second(workspace, dataset, 2)
    first, other = agreeing.second_labels(workspace, dataset, "Bea").open
    made = [agreeing.settle(workspace, dataset, first, Settlement.FIRST)]
    made += [agreeing.settle(workspace, dataset, other, Settlement.SECOND)]
    agreeing.reopen(workspace, dataset, other, made[1])
    agreeing.reopen(workspace, dataset, first, made[0])
    assert agreeing.second_labels(workspace, dataset, "Bea").open == (first, other)
    assert workspace.store.rows.one(dataset, other.example_id).label == other.first


def test_a_row_corrected_otherwise_no_longer_waits_and_deleted_labels_are_counted(
    workspace: Workspace, dataset: str
):
    second(workspace, dataset, 2)
    first, other = agreeing.second_labels(workspace, dataset, "Bea").open
    workspace.store.edits.change(dataset, [Change(first.example_id, "label", first.label)])
    assert agreeing.second_labels(workspace, dataset, "Bea").open == (other,)
    workspace.store.labels.delete(dataset, "b")
    told = agreeing.second_labels(workspace, dataset, "Bea")
    assert told.gone > 0 and told.agreement.n + told.gone == 12


def test_second_labels_are_exported_with_both_labels(workspace: Workspace, dataset: str):
    second(workspace, dataset, 1)
    records = agreeing.second_label_records(workspace, dataset, "Bea")
    table = list(csv.DictReader(io.StringIO(second_labels_csv(records))))
    lines = [json.loads(line) for line in second_labels_jsonl(records).splitlines()]
    assert len(table) == len(lines) == 12 and table[0]["text"] == "'" + lines[0]["text"]
    assert {"first", "annotator", "label", "note", "at", "settled", "label_now"} < set(lines[0])


def test_kappa_is_that_of_scikit_learn_with_an_interval_around_it():
    rng = random.Random(1)
    pairs = [(a, a if rng.random() < 0.8 else rng.choice("abc")) for a in rng.choices("abc", k=150)]
    found = agreement_of(pairs, ("a", "b", "c"))
    assert found.kappa == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)))
    low, high = found.interval
    assert low < found.kappa < high < 1 and high - low < 0.3 and agreement_of(pairs, ("a", "b", "c")) == found
    assert sum(each.both for each in found.labels) == found.agreed
    assert sum(rows for *_, rows in found.confused) == 150 - found.agreed


def test_kappa_is_not_defined_where_one_label_is_all_there_is():
    found = agreement_of([("a", "a")] * 5, ("a", "b"))
    assert (found.kappa, found.interval, found.agreed, found.labels[1].share) == (None, None, 5, None)
    assert agreement_of([], ("a", "b")).kappa is None
