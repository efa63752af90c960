"""Figures of sets of labels, against scikit-learn's."""

from __future__ import annotations

import random

import pytest
from sklearn.metrics import accuracy_score, f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from core.label_sets.figures import macro_f1_p, set_figures
from core.label_sets.sets import label_names, set_label
from core.types import Example, Outcome, Prediction

LABELS = ("a", "b", "c", "d", "never")


def drawn(seed, rows=60, wrong=0.4):
    """Rows, and predictions of which each label is wrong with that chance."""
    rng = random.Random(seed)
    examples, predictions = [], []
    for number in range(rows):
        own = set(rng.sample(LABELS[:4], rng.randint(1, 3)))
        given = {label for label in LABELS[:4] if (label in own) != (rng.random() < wrong)}
        examples.append(Example(str(number), f"text {number}", set_label(own)))
        outcome = Outcome.LABEL if given else Outcome.UNREADABLE
        predictions.append(Prediction(str(number), outcome, set_label(given)))
    return examples, predictions


def test_figures_are_those_of_scikit_learn():
    examples, predictions = drawn(1)
    made = set_figures(examples, [*predictions, Prediction("gone", Outcome.LABEL, "a")], LABELS)
    binarizer = MultiLabelBinarizer(classes=LABELS[:4])
    truth = binarizer.fit_transform([label_names(row.label) for row in examples])
    given = binarizer.transform([label_names(each.label) for each in predictions])
    assert made.n == 60 and made.exact == pytest.approx(accuracy_score(truth, given))
    for name, average in (("micro_f1", "micro"), ("macro_f1", "macro"), ("mean_f1", "samples")):
        assert getattr(made, name) == pytest.approx(f1_score(truth, given, average=average, zero_division=0))
    assert [each.f1 for each in made.per_label] == pytest.approx(
        [*f1_score(truth, given, average=None, zero_division=0), 0]
    )


def test_failed_calls_count_for_nothing():
    examples, predictions = drawn(2, rows=4)
    failed = [Prediction(each.id, Outcome.FAILED) for each in examples]
    assert set_figures(examples, failed, LABELS) is None
    assert macro_f1_p(examples, (failed, predictions), LABELS) == 1.0


def test_p_of_macro_f1_tells_a_difference_from_luck():
    examples, bad = drawn(3, wrong=0.5)
    _, good = drawn(3, wrong=0.05)
    assert macro_f1_p(examples, (bad, good), LABELS) < 0.001
    assert macro_f1_p(examples, (bad, bad), LABELS) == 1.0
