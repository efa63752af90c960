"""What runs have read, by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.store.runs.predictions import fingerprint, last_run, last_word, predicted_labels, readings
from core.store.store import Store
from core.types import Outcome
from tests.pages.made import dataset_of, run_of


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "whetstone.db") as opened:
        yield opened


def test_every_prediction_of_every_step_is_found_under_its_row(store: Store):
    dataset = dataset_of(store, "github_issues")
    run = run_of(store, dataset)
    read = readings(store, dataset)
    for step in store.steps.all(run):
        for prediction in step.validation.predictions if step.validation else ():
            assert any(
                each.step == step.number and each.prediction == prediction
                for each in read[prediction.example_id]
            )
    rows = {row.id for row in store.datasets.get(dataset).examples}
    assert set(read) <= rows and all(told for told in read.values())


def test_a_prompt_version_has_one_word_on_a_row_and_keeps_its_number_in_the_next_run(store: Store):
    dataset = dataset_of(store, "github_issues")
    run_of(store, dataset, "First")
    first = readings(store, dataset)
    run_of(store, dataset, "Second")
    both = readings(store, dataset)
    assert all(len({each.version for each in told}) == len(told) for told in both.values())
    assert {row: [each.version for each in told] for row, told in both.items()} == {
        row: [each.version for each in told] for row, told in first.items()
    }, "the same prompts, read again"
    assert {each.run_name for told in both.values() for each in told} == {"Second"}, "the last word counts"


def test_the_fingerprint_changes_with_every_run_and_with_nothing_else(store: Store):
    dataset = dataset_of(store, "github_issues")
    before = fingerprint(store, dataset)
    run = run_of(store, dataset)
    assert before == () and fingerprint(store, dataset) == fingerprint(store, dataset) != before
    store.runs.delete(run)
    assert fingerprint(store, dataset) == ()


def test_only_labels_are_said(store: Store):
    dataset = dataset_of(store, "github_issues")
    run_of(store, dataset)
    read = readings(store, dataset)
    said = predicted_labels(read)
    labels = set(store.datasets.info(dataset).labels.names)
    assert said and all(set(each) <= labels for each in said.values())
    silent = [
        row
        for row, told in read.items()
        if all(each.prediction.outcome is not Outcome.LABEL for each in told)
    ]
    assert not set(silent) & set(said)


def test_the_last_word_is_the_best_prompts(store: Store):
    dataset = dataset_of(store, "github_issues")
    assert last_run(store, dataset) is None
    run = run_of(store, dataset)
    assert last_run(store, dataset).id == run
    word, best = last_word(store, run), store.runs.get(run).result.best
    for read in best.evaluations.values():
        assert all(
            word[each.example_id] == each for each in read.predictions if each.outcome is not Outcome.FAILED
        )
