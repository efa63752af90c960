from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UsageError
from core.tuning.plan import CALLS_PER_STEP, FEWEST_CALLS, ITERATIONS, plan, steps_planned, stratified_sample
from core.types import Example, Settings

CAPS = st.integers(FEWEST_CALLS, 5_000)
SIZES = st.tuples(st.integers(1, 400), st.integers(1, 300), st.integers(0, 300))  # train, validation, test


def part(name: str, size: int) -> list[Example]:
    return [Example(f"{name}{n}", f"Text {n} of {name}", "ab"[n % 2], split=name) for n in range(size)]


def planned(size: tuple[int, int, int], **wanted: object):
    return plan(
        Settings(**wanted), part("train", size[0]), part("validation", size[1]), part("test", size[2])
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(CAPS, st.integers(1, 80), SIZES, st.integers(1, 200))
def test_the_baseline_the_last_reading_and_a_first_step_always_fit_under_the_cap(cap, heavy, size, shown):
    made = planned(size, max_calls=cap, max_heavy_calls=heavy, shown_mistakes=shown)
    first_step = made.per_step + made.look  # the first look is twice as long
    assert len(made.validation) + first_step + made.reserved <= cap


@settings(max_examples=300, deadline=None, derandomize=True)
@given(CAPS, st.integers(1, 80), SIZES)
def test_the_looks_and_trials_of_all_steps_fit_under_the_cap(cap, heavy, size):
    """Unless the steps are so many that each gets the least there is: then the run ends before it has made
    them all."""
    made = planned(size, max_calls=cap, max_heavy_calls=heavy)
    each = (cap - 2 * len(made.test) - 2 * len(made.validation)) // (heavy + 1)
    if each >= 8:
        assert len(made.validation) + made.look + heavy * (made.look + made.attempt) + made.reserved <= cap


@settings(max_examples=200, deadline=None, derandomize=True)
@given(CAPS, SIZES)
def test_what_is_kept_back_reads_the_test_rows_twice_and_the_validation_rows_once(cap, size):
    made = planned(size, max_calls=cap, max_heavy_calls=6)
    assert made.reserved == 2 * len(made.test) + len(made.validation)
    assert 2 * len(made.test) <= cap / 3
    assert 1 <= len(made.validation) <= size[1]
    assert made.attempt <= len(made.validation) and made.look <= size[0]


def test_two_hundred_calls_are_shared_out_by_hand():
    made = planned((400, 200, 100), max_calls=200, max_heavy_calls=6)
    assert len(made.test) == 33  # a sixth, read twice
    assert len(made.validation) == 9  # (200 - 66) // 14
    # (134 - 18) // 7 = 16 for each of six steps and the longer first look
    assert (made.steps, made.look, made.show, made.attempt) == (6, 5, 8, 5)
    assert made.reserved == 66 + 9
    assert not made.whole


def test_without_a_call_cap_everything_is_read():
    made = planned((400, 200, 100), batch_size=50, shown_mistakes=7)
    assert made.whole
    assert (made.look, made.show, made.attempt, len(made.validation), len(made.test)) == (
        50,
        7,
        200,
        200,
        100,
    )


def test_a_look_reads_no_more_rows_than_there_are():
    assert planned((10, 5, 0)).look == 10


def test_without_test_rows_no_calls_are_kept_for_them():
    made = planned((100, 50, 0), max_calls=100)
    assert made.test == () and made.reserved == len(made.validation)


def test_a_cap_too_small_for_a_step_is_refused_in_one_sentence():
    with pytest.raises(UsageError) as refused:
        planned((100, 50, 25), max_calls=FEWEST_CALLS - 1)
    assert (
        str(refused.value)
        == "39 lightweight calls are too few for one step: allow at least 40, or leave the cap out."
    )


def test_the_same_seed_plans_the_same_rows_and_another_one_others():
    one, same, other = (planned((100, 90, 80), max_calls=200, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.validation != other.validation


@pytest.mark.parametrize(
    ("wanted", "steps"),
    [
        ({}, ITERATIONS),
        ({"iterations": 3}, 3),
        ({"iterations": 3, "max_heavy_calls": 5, "max_calls": 1_000}, 3),
        ({"max_heavy_calls": 5}, 5),
        ({"max_heavy_calls": 0}, 0),
        ({"max_heavy_calls": 5, "max_calls": 1_000}, 5),
        ({"max_calls": 1_000}, 1_000 // CALLS_PER_STEP),
        ({"max_calls": 45}, 1),
        ({"budget_usd": 1.0}, ITERATIONS),
        ({"max_tokens": 1_000}, ITERATIONS),
    ],
)
def test_steps_are_those_asked_for_or_as_many_as_the_caps_allow(wanted, steps):
    assert steps_planned(Settings(**wanted)) == steps


# ---- some rows of many


def labelled(**counts: int) -> list[Example]:
    return [
        Example(f"{label}{n}", f"text {n}", label) for label, count in counts.items() for n in range(count)
    ]


def test_some_keeps_the_share_of_each_label():
    chosen = stratified_sample(labelled(a=60, b=30, c=10), 20, random.Random(0))
    assert Counter(row.label for row in chosen) == {"a": 12, "b": 6, "c": 2}


def test_some_takes_canonical_rows_first():
    many = labelled(a=40, b=40)
    wanted = {"a39", "b39", "b38"}
    many = [Example(row.id, row.text, row.label, canonical=row.id in wanted) for row in many]
    for seed in range(5):
        assert wanted <= {row.id for row in stratified_sample(many, 8, random.Random(seed))}


def test_some_keeps_the_order_of_the_rows_and_is_all_where_all_fit():
    many = labelled(a=20, b=20)
    chosen = stratified_sample(many, 7, random.Random(3))
    assert len(chosen) == 7 and list(chosen) == [row for row in many if row in chosen]
    assert stratified_sample(many, 40, random.Random(3)) == tuple(many)


# ---- numbers of each label


def test_without_a_cap_the_numbers_of_each_label_are_the_plan():
    made = planned((400, 60, 0), rows_per_label=100, mistakes_per_label=10, correct_per_label=5)
    assert (made.look, made.show, made.correct, made.cut) == (200, 20, 10, "")
    assert planned((31, 60, 0), rows_per_label=100).look == 31, "as many as there are"


def test_what_the_cap_cannot_pay_is_cut_and_said_in_one_sentence():
    made = planned(
        (400, 200, 100),
        max_calls=200,
        max_heavy_calls=6,
        rows_per_label=100,
        mistakes_per_label=10,
        correct_per_label=5,
    )
    assert made.cut == (
        "The cap of 200 lightweight calls pays for 4 of the 100 rows of each label in a step and 4 of the 10 mistakes "
        "of each label in a request: raise the cap, or plan fewer steps."
    )
    assert (made.of_each.rows, made.of_each.mistakes, made.of_each.correct) == (4, 4, 5)
    assert planned((400, 200, 100), max_calls=200, max_heavy_calls=6, rows_per_label=3).cut == ""
    assert planned((400, 200, 100), max_calls=200, max_heavy_calls=6).cut == "", "auto is never cut"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(CAPS, st.integers(1, 80), SIZES, st.integers(1, 200))
def test_a_first_step_by_numbers_fits_under_the_cap(cap, heavy, size, number):
    made = planned(
        size, max_calls=cap, max_heavy_calls=heavy, rows_per_label=number, mistakes_per_label=number
    )
    assert len(made.validation) + made.per_step + made.reserved <= cap
