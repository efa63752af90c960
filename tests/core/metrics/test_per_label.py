"""Several prompts, label by label, beside scikit-learn and scipy."""

from __future__ import annotations

import random

import pytest
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_fscore_support

from core.metrics.per_label import per_label, scored_by_all
from core.types import Example, Outcome, Prediction

LABELS = ("bug", "wish", "praise", "never")
RNG = random.Random(5)
ROWS = [Example(f"r{n}", f"text {n}", RNG.choice(LABELS[:3])) for n in range(120)]


def reading(seed: int) -> list[Prediction]:
    rng = random.Random(seed)
    return [
        Prediction(row.id, Outcome.FAILED, error="no answer")
        if rng.random() < 0.05
        else Prediction(row.id, Outcome.UNREADABLE)
        if rng.random() < 0.05
        else Prediction(row.id, Outcome.LABEL, row.label if rng.random() < 0.6 else rng.choice(LABELS[:3]))
        for row in ROWS
    ]


READINGS = [reading(seed) for seed in range(3)]


def test_only_rows_that_all_have_scored_count():
    failed = {each.example_id for read in READINGS for each in read if each.outcome is Outcome.FAILED}
    assert failed and [row.id for row in scored_by_all(ROWS, READINGS)] == [
        row.id for row in ROWS if row.id not in failed
    ]
    assert sum(row.n for row in per_label(ROWS, READINGS, LABELS)) == len(ROWS) - len(failed)


@pytest.mark.parametrize("place", range(3))
def test_the_figures_are_those_of_scikit_learn(place: int):
    rows = scored_by_all(ROWS, READINGS)
    said = {each.example_id: each.label or "(none)" for each in READINGS[place]}
    wanted = precision_recall_fscore_support(
        [row.label for row in rows], [said[row.id] for row in rows], labels=list(LABELS), zero_division=0
    )
    for row, precision, recall, f1, support in zip(per_label(ROWS, READINGS, LABELS), *wanted, strict=True):
        found = row.figures[place]
        assert (row.n, found.precision, found.recall, found.f1) == pytest.approx(
            (support, precision, recall, f1)
        )


def test_the_verdict_of_a_label_is_the_exact_test_on_its_rows():
    truth = {row.id: row.label for row in ROWS}
    right = [{each.example_id for each in read if each.label == truth[each.example_id]} for read in READINGS]
    for row in per_label(ROWS, READINGS, LABELS):
        own = {each.id for each in scored_by_all(ROWS, READINGS) if each.label == row.label}
        fixed, broke = len(own & (right[1] - right[0])), len(own & (right[0] - right[1]))
        assert (len(row.comparison.fixed), len(row.comparison.broke)) == (fixed, broke)
        assert row.comparison.p == pytest.approx(
            binomtest(fixed, fixed + broke).pvalue if fixed + broke else 1.0
        )


def test_one_reading_has_nothing_to_be_compared_with():
    assert {row.comparison for row in per_label(ROWS, READINGS[:1], LABELS)} == {None}
