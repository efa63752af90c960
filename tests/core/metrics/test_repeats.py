"""The same rows read once per seed: intervals and verdicts that count a row once, checked against scipy and
by simulation."""

from __future__ import annotations

import random

import pytest
from scipy.stats import binomtest

from core.metrics.comparison import compare
from core.metrics.metrics import wilson
from core.metrics.objectives import PairedAnswers
from core.metrics.repeats import compare_seeds, compare_seeds_by, marks_of, share_of
from core.types import Example, Objective, Outcome, Prediction


def marks(right: int, of: int) -> dict[str, bool]:
    return {f"r{place}": place < right for place in range(of)}


@pytest.mark.parametrize(("k", "n"), [(0, 7), (7, 7), (1, 3), (41, 50), (300, 1000)])
def test_with_one_seed_it_is_the_usual_interval(k: int, n: int):
    found = share_of([marks(k, n)])
    expected = binomtest(k, n).proportion_ci(method="wilson")
    assert found.accuracy == k / n and (found.rows, found.readings) == (n, n)
    assert found.interval == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_seeds_that_agree_on_every_row_tell_no_more_than_one():
    once, often = share_of([marks(30, 40)]), share_of([marks(30, 40)] * 5)
    assert often.interval == pytest.approx(once.interval) and often.readings == 200
    assert often.interval != pytest.approx(wilson(150, 200)), "which pooled counts would give"
    assert share_of([marks(40, 40)] * 5).interval == share_of([marks(40, 40)]).interval


def test_seeds_that_disagree_narrow_it_at_most_to_as_many_rows_as_readings():
    even = {f"r{place}": place % 2 == 0 for place in range(40)}
    odd = {row: not is_right for row, is_right in even.items()}
    assert share_of([even, odd]).interval == pytest.approx(wilson(40, 80))


def test_the_lowest_and_highest_seed_are_told():
    found = share_of([marks(30, 40), marks(20, 40), {}])
    assert (found.lowest, found.highest, found.accuracy, found.readings) == (0.5, 0.75, 0.625, 80)
    assert share_of([{}, {}]) is None


def test_a_row_that_fewer_seeds_have_read_counts_for_those():
    found = share_of([{"a": True, "b": False, "c": True}, {"a": True}])
    assert (found.accuracy, found.rows, found.readings) == (0.75, 3, 4)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Most rows are easy or hard for every seed, some are a matter of luck. Wilson on pooled counts does not
    hold what it says."""
    rng, runs, held, pooled = random.Random(7), 1500, 0, 0
    easy, hard, luck = 0.55, 0.25, 0.2
    mean = easy + luck / 2
    for _ in range(runs):
        chances = rng.choices((1.0, 0.0, 0.5), (easy, hard, luck), k=60)
        seeds = [{str(row): rng.random() < chance for row, chance in enumerate(chances)} for _ in range(3)]
        low, high = share_of(seeds).interval
        held += low <= mean <= high
        low, high = wilson(sum(sum(each.values()) for each in seeds), 180)
        pooled += low <= mean <= high
    assert 0.935 <= held / runs <= 0.97
    assert pooled / runs < 0.85


def example(row: str) -> Example:
    return Example(row, "text", "bug")


def prediction(row: str, is_right: bool) -> Prediction:
    return Prediction(row, Outcome.LABEL, "bug" if is_right else "idea")


def test_with_one_seed_the_verdict_is_that_of_the_run():
    rng = random.Random(3)
    rows = [example(str(place)) for place in range(80)]
    before, after = ([prediction(row.id, rng.random() < chance) for row in rows] for chance in (0.4, 0.7))
    ours, theirs = (
        compare_seeds([marks_of(rows, before)], [marks_of(rows, after)]),
        compare(rows, before, after),
    )
    assert (ours.n, set(ours.fixed), set(ours.broke), ours.p) == (
        theirs.n,
        set(theirs.fixed),
        set(theirs.broke),
        theirs.p,
    )
    assert ours.p == pytest.approx(binomtest(len(ours.fixed), len(ours.fixed) + len(ours.broke)).pvalue)


def test_more_seeds_with_the_same_change_are_no_more_evidence():
    before, after = marks(0, 4), marks(4, 4)
    assert compare_seeds([before], [after]).p == compare_seeds([before] * 9, [after] * 9).p == 0.125


def test_a_row_moves_by_what_most_seeds_do():
    before = [{"a": False, "b": True, "c": True}] * 3
    after = [
        {"a": True, "b": False, "c": True},
        {"a": True, "b": True, "c": False},
        {"a": False, "b": False, "c": True},
    ]
    found = compare_seeds(before, after)
    assert (found.n, found.fixed, found.broke) == (3, ("a",), ("b", "c"))


def test_failed_calls_are_left_out():
    rows = [example("a"), example("b"), example("c")]
    read = [
        prediction("a", True),
        Prediction("b", Outcome.FAILED, error="x"),
        Prediction("c", Outcome.UNREADABLE),
        prediction("z", True),
    ]
    assert marks_of(rows, read) == {"a": True, "c": False}
    assert compare_seeds([{"a": True, "c": False}], [{"b": True, "c": True}]).n == 1


def test_seeds_are_compared_by_another_objective_too():
    """Two seeds read nine rows of ham and one of spam; the second prompt trades the row of spam for one of ham."""
    truth, ids = ["ham"] * 9 + ["spam"], [str(n) for n in range(10)]
    before, after = ["spam", *["ham"] * 8, "spam"], ["ham"] * 10
    readings = [PairedAnswers(ids, truth, before, after)] * 2
    by_accuracy = compare_seeds_by(Objective(), readings)
    balanced = compare_seeds_by(Objective("balanced"), readings)
    assert (by_accuracy.n, by_accuracy.fixed, by_accuracy.broke, by_accuracy.p) == (10, ("0",), ("9",), 1.0)
    assert balanced.difference == pytest.approx((1 / 9 - 1) / 2)
    assert (balanced.fixed, balanced.broke) == (by_accuracy.fixed, by_accuracy.broke)
    assert balanced.p == 1.0, "each of the four ways to swap two rows is at least as far from nothing"
