"""The paired permutation test of scores, held against scipy's and McNemar's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import permutation_test

from core.metrics.comparison import compare, comparison_in_words, mcnemar
from core.metrics.paired_scores import sign_flip_p
from core.types import Example, Objective, Outcome, Prediction
from core.types.objectives import SCORE


def scipy_p(differences: list[float]) -> float:
    def mean(values, axis):
        return np.mean(values, axis=axis)

    return permutation_test(
        (np.array(differences),), mean, permutation_type="samples", n_resamples=np.inf
    ).pvalue


@pytest.mark.parametrize(
    "differences", [[0.5, 0.25, -0.1], [0.2] * 7 + [-0.3] * 3, [0.1, -0.1], [0.3, 0.6, 0.9, -0.2, 0.4]]
)
def test_few_rows_have_the_exact_p(differences: list[float]):
    assert sign_flip_p(differences) == pytest.approx(scipy_p(differences))


def test_many_rows_have_one_drawn_by_the_seed_and_never_0():
    differences = [0.5] * 9 + [-0.25] * 11
    exact = scipy_p(differences)
    assert sign_flip_p(differences) == sign_flip_p(differences) == pytest.approx(exact, abs=0.01)
    assert sign_flip_p(differences, seed=1) != sign_flip_p(differences, seed=2)
    assert sign_flip_p([0.9] * 60) == pytest.approx(1 / 10_001)


@pytest.mark.parametrize(("fixed", "broke"), [(0, 0), (5, 0), (6, 2), (3, 3)])
def test_whole_scores_have_the_p_of_mcnemar(fixed: int, broke: int):
    assert sign_flip_p([1.0] * fixed + [-1.0] * broke + [0.0] * 9) == pytest.approx(mcnemar(fixed, broke))


def rows_of(scores: list[float]) -> list[Prediction]:
    return [
        Prediction(str(at), Outcome.LABEL, f"answer {score}", score=score) for at, score in enumerate(scores)
    ]


def test_scores_are_compared_row_by_row_and_failed_calls_left_out():
    examples = [Example(str(number), "a text", "reference") for number in range(5)]
    after = rows_of([0.5, 1, 1, 0.25, 0])
    after[4] = Prediction("4", Outcome.FAILED)
    compared = compare(examples, rows_of([0, 0.5, 1, 0.5, 1]), after, Objective(SCORE))
    assert (compared.n, compared.fixed, compared.broke) == (4, ("0", "1"), ("3",))
    assert compared.difference == pytest.approx(0.1875) and compared.graded
    assert (
        comparison_in_words(compared)
        == "2 rows better, 1 worse, mean score +18.8 points; may be luck (p = 0.50)"
    )


def test_scores_of_0_and_1_are_told_by_mcnemar():
    examples = [Example(str(number), "a text", "reference") for number in range(20)]
    compared = compare(examples, rows_of([0.0] * 20), rows_of([1.0] * 14 + [0.0] * 6), Objective(SCORE))
    assert not compared.graded and compared.p == mcnemar(14, 0)
