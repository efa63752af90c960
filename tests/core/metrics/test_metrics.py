"""Figures are those of scikit-learn and scipy, recomputed on random data."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from core.errors import DataError
from core.metrics.metrics import evaluation, majority_accuracy, measure, wilson
from core.types import Example, Outcome, Prediction
from tests.work import assert_linear, steps

LABELS = ("bug", "improvement", "<b>", "neue Funktion", "🐛")
UNKNOWN, UNREADABLE, FAILED = Outcome.UNKNOWN_LABEL, Outcome.UNREADABLE, Outcome.FAILED


def rows(*labels: str) -> list[Example]:
    return [Example(str(i), f"text {i}", label) for i, label in enumerate(labels)]


def answers(*given: str | Outcome) -> list[Prediction]:
    return [
        Prediction(str(i), a) if isinstance(a, Outcome) else Prediction(str(i), Outcome.LABEL, label=a)
        for i, a in enumerate(given)
    ]


def random_case(rng: random.Random, n: int) -> tuple[list[Example], list[Prediction]]:
    used = rng.sample(LABELS, rng.randint(1, len(LABELS)))  # some labels never occur
    said = [*rng.sample(LABELS, rng.randint(1, len(LABELS))), UNKNOWN, UNREADABLE, FAILED]
    return rows(*rng.choices(used, k=n)), answers(*rng.choices(said, k=n))


def scored(examples: list[Example], predictions: list[Prediction]) -> tuple[list[str], list[str]]:
    pairs = [
        (e.label, p.label or str(p.outcome))
        for e, p in zip(examples, predictions, strict=True)
        if p.outcome is not FAILED
    ]
    return [truth for truth, _ in pairs], [said for _, said in pairs]


@pytest.mark.parametrize("seed", range(60))
def test_the_figures_are_those_of_scikit_learn(seed: int) -> None:
    rng = random.Random(seed)
    examples, predictions = random_case(rng, rng.choice([1, 2, 3, 10, 200]))
    metrics = measure(examples, predictions, LABELS)
    truth, said = scored(examples, predictions)
    assert metrics.n == len(truth)
    assert metrics.failed == len(examples) - len(truth)
    if not truth:
        assert metrics.accuracy is metrics.macro_f1 is metrics.interval is None
        return
    assert metrics.accuracy == pytest.approx(accuracy_score(truth, said), abs=1e-12)
    occurring = [label for label in LABELS if label in truth or label in said]
    assert metrics.macro_f1 == pytest.approx(
        f1_score(truth, said, average="macro", labels=occurring, zero_division=0), abs=1e-12
    )
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, said, labels=LABELS, zero_division=0
    )
    assert [m.precision for m in metrics.per_label] == pytest.approx(list(precision), abs=1e-12)
    assert [m.recall for m in metrics.per_label] == pytest.approx(list(recall), abs=1e-12)
    assert [m.f1 for m in metrics.per_label] == pytest.approx(list(f1), abs=1e-12)
    assert [m.support for m in metrics.per_label] == list(support)
    table = confusion_matrix(truth, said, labels=[*LABELS, "unknown_label", "unreadable"])
    assert metrics.confusion == tuple(tuple(row) for row in table.tolist()[: len(LABELS)])
    assert (metrics.unknown_label, metrics.unreadable) == (
        said.count("unknown_label"),
        said.count("unreadable"),
    )


def test_a_reply_that_was_cut_off_is_an_unreadable_one_and_counted_by_itself() -> None:
    cut = Prediction("1", UNREADABLE, error="The reply was cut off.")
    metrics = measure(
        rows("bug", "bug", "bug"), [*answers("bug"), cut, *answers(*2 * [FAILED], UNREADABLE)[2:]], LABELS
    )
    assert (metrics.n, metrics.unreadable, metrics.cut_off, metrics.failed) == (3, 2, 1, 0)


def test_a_failed_call_is_counted_and_never_scored() -> None:
    metrics = measure(rows("bug", "bug", "bug"), answers("bug", FAILED, FAILED), ("bug", "docs"))
    assert (metrics.n, metrics.correct, metrics.accuracy, metrics.failed) == (1, 1, 1.0, 2)


def test_unreadable_replies_and_unknown_labels_are_wrong_answers_in_columns_of_their_own() -> None:
    metrics = measure(
        rows("bug", "bug", "docs", "docs"), answers("bug", UNREADABLE, UNKNOWN, "bug"), ("bug", "docs")
    )
    assert (metrics.n, metrics.correct, metrics.unreadable, metrics.unknown_label) == (4, 1, 1, 1)
    assert metrics.confusion == ((1, 0, 0, 1), (1, 0, 1, 0))


def test_without_scored_rows_rates_are_none_and_not_zero() -> None:
    for metrics in (measure([], [], LABELS), measure(rows("bug"), answers(FAILED), LABELS)):
        assert (metrics.n, metrics.accuracy, metrics.interval, metrics.macro_f1) == (0, None, None, None)
        assert [m.label for m in metrics.per_label] == list(LABELS)


def test_predictions_are_joined_by_id_whatever_their_order() -> None:
    examples, predictions = rows("bug", "docs", "docs"), answers("bug", "docs", "bug")
    assert measure(examples, predictions[::-1], ("bug", "docs")) == measure(
        examples, predictions, ("bug", "docs")
    )


def test_predictions_of_other_rows_do_not_count() -> None:
    assert measure(rows("bug"), answers("bug", "docs", FAILED), ("bug", "docs")).n == 1
    assert measure(rows("bug"), answers("bug", "docs", FAILED), ("bug", "docs")).failed == 0


def test_a_predicted_label_that_has_left_the_set_is_an_unknown_label() -> None:
    metrics = measure(rows("bug"), answers("question"), ("bug", "docs"))
    assert (metrics.unknown_label, metrics.correct) == (1, 0)


def test_a_row_whose_label_is_not_in_the_set_is_refused_in_a_sentence() -> None:
    with pytest.raises(
        DataError,
        match=r"^Row 0 has the label question, which is not in the label set: relabel or exclude it.$",
    ):
        measure(rows("question"), answers("bug"), ("bug", "docs"))


def test_an_evaluation_keeps_the_predictions_in_their_order() -> None:
    predictions = answers("bug", FAILED, "docs")
    result = evaluation(rows("bug", "bug", "bug"), predictions, ("bug", "docs"))
    assert result.predictions == tuple(predictions)
    assert result.metrics == measure(rows("bug", "bug", "bug"), predictions, ("bug", "docs"))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 40, 1000])
def test_the_interval_is_wilsons(n: int) -> None:
    for k in {0, 1, n // 3, n // 2, n - 1, n}:
        expected = binomtest(k, n).proportion_ci(method="wilson")
        low, high = wilson(k, n)
        assert math.isclose(low, expected.low, rel_tol=1e-12, abs_tol=1e-15)
        assert math.isclose(high, expected.high, rel_tol=1e-12)


def test_the_interval_of_none_or_all_right_ends_exactly_at_the_border() -> None:
    for n in range(1, 200):
        assert wilson(0, n)[0] == 0.0
        assert wilson(n, n)[1] == 1.0


def test_the_interval_of_no_rows_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_majority_line_is_the_share_of_the_most_frequent_label() -> None:
    assert majority_accuracy(rows("a", "b", "b", "c")) == 0.5
    assert majority_accuracy(rows("a")) == 1.0
    assert majority_accuracy([]) == 0.0


def test_a_thousand_rows_take_little_work_and_two_thousand_twice_as_much() -> None:
    def measuring(rows: int) -> Callable[[], object]:
        examples, predictions = random_case(random.Random(0), rows)
        return lambda: measure(examples, predictions, LABELS)

    assert_linear(measuring, 1_000)
    assert steps(measuring(1_000)) < 200_000, "a few milliseconds"
