"""Batches and what is shown of them."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.sampling import draw_batch, draw_of_each_label, first_of_each_label, select_for_reflection
from core.types import Example, Outcome, Prediction


def rows(**counts: int) -> list[Example]:
    return [
        Example(f"{label}{i}", f"text {label}{i}", label) for label, n in counts.items() for i in range(n)
    ]


def labels(examples) -> Counter[str]:
    return Counter(e.label for e in examples)


# ---- batches


def test_a_batch_is_even_over_the_labels():
    assert labels(draw_batch(rows(a=100, b=50, c=20), 30, random.Random(0))) == {"a": 10, "b": 10, "c": 10}


def test_a_scarce_label_gives_all_it_has_and_the_others_share_the_rest():
    assert labels(draw_batch(rows(a=100, b=50, c=2), 30, random.Random(0))) == {"a": 14, "b": 14, "c": 2}


def test_a_batch_of_everything_is_everything_in_another_order():
    train = rows(a=20, b=5)
    for size in (25, 26, 1_000):
        batch = draw_batch(train, size, random.Random(0))
        assert sorted(e.id for e in batch) == sorted(e.id for e in train) and list(batch) != train


def test_batches_differ_with_chance_and_repeat_with_the_same_chance():
    train = rows(a=50, b=50)
    assert draw_batch(train, 20, random.Random(1)) == draw_batch(train, 20, random.Random(1))
    rng = random.Random(1)
    assert {e.id for e in draw_batch(train, 20, rng)} != {e.id for e in draw_batch(train, 20, rng)}


def test_over_many_batches_every_row_gets_its_turn():
    train, rng = rows(a=30, b=30), random.Random(0)
    seen = {e.id for _ in range(60) for e in draw_batch(train, 10, rng)}
    assert len(seen) == 60


def test_notes_do_not_change_the_chance_of_a_row():
    train = [Example(f"a{i}", "t", "a", note="n" if i < 10 else "") for i in range(40)] + rows(b=40)
    rng = random.Random(0)
    noted = sum(bool(e.note) for _ in range(200) for e in draw_batch(train, 20, rng))
    assert 400 < noted < 600  # a quarter of the 2,000 rows of label a


def test_rows_come_in_no_order_of_label():
    batch = draw_batch(rows(a=50, b=50), 40, random.Random(0))
    assert Counter(e.label for e in batch[:20])["a"] not in (0, 20)


def test_retained_rows_take_at_most_half_of_the_batch():
    train = rows(a=50, b=50)
    few = {"a1", "b1", "b2"}
    assert few <= {e.id for e in draw_batch(train, 20, random.Random(0), retained=few)}
    many = {f"a{i}" for i in range(30)}
    batch = draw_batch(train, 20, random.Random(0), retained=many)
    assert sum(e.id in many for e in batch) == 10 and labels(batch) == {"a": 10, "b": 10}


def test_retained_rows_fill_up_where_there_are_too_few_others():
    batch = draw_batch(rows(a=10), 8, random.Random(0), retained=[f"a{i}" for i in range(9)])
    assert len({e.id for e in batch}) == 8


def test_the_order_of_retained_ids_does_not_matter():
    train, ids = rows(a=50, b=50), [f"a{i}" for i in range(30)]
    assert draw_batch(train, 20, random.Random(0), ids) == draw_batch(train, 20, random.Random(0), ids[::-1])


def test_retained_ids_that_are_not_in_train_are_no_matter():
    assert len(draw_batch(rows(a=9, b=9), 10, random.Random(0), retained=["gone", "test7"])) == 10


def test_more_canonical_rows_than_the_batch_holds_are_all_in():
    train = [Example(f"c{i}", "t", "a", canonical=True) for i in range(12)] + rows(a=20, b=20)
    assert {e.id for e in draw_batch(train, 10, random.Random(0), retained=["b1"])} == {
        f"c{i}" for i in range(12)
    }


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=40),
    st.integers(0, 45),
    st.randoms(use_true_random=False),
)
def test_whatever_the_rows_a_batch_keeps_its_promises(kinds, size, rng):
    train = [
        Example(str(i), "t", label, canonical=canonical) for i, (label, canonical, _) in enumerate(kinds)
    ]
    retained = {str(i) for i, (_, _, kept) in enumerate(kinds) if kept}
    batch = draw_batch(train, size, rng, retained)
    ids = {e.id for e in batch}
    canonical = {e.id for e in train if e.canonical}
    assert len(ids) == len(batch) == max(min(size, len(train)), min(len(canonical), len(train)))
    assert canonical <= ids and ids <= {e.id for e in train}
    ordinary = [e for e in train if not e.canonical]
    if not retained and not canonical:
        taken, supply = labels(batch), labels(ordinary)
        assert all(taken[a] >= taken[b] - 1 or taken[a] == supply[a] for a in supply for b in supply)


# ---- what is shown


def said(example: Example, label: str) -> Prediction:
    return Prediction(example.id, Outcome.LABEL, label)


def test_mistakes_are_balanced_over_confusions():
    examples = rows(a=60, b=3, c=3)
    predictions = [said(e, {"a": "b", "b": "a", "c": "b"}[e.label]) for e in examples]
    mistakes, correct = select_for_reflection(examples, predictions, random.Random(0), 9, 5)
    assert labels(mistakes) == {"a": 3, "b": 3, "c": 3} and correct == []


def test_one_label_confused_with_two_shows_both():
    examples = rows(a=40)
    predictions = [said(e, "b" if i < 38 else "c") for i, e in enumerate(examples)]
    mistakes, _ = select_for_reflection(examples, predictions, random.Random(0), 4, 0)
    assert Counter(by_id(predictions)[e.id].label for e in mistakes) == {"b": 2, "c": 2}


def test_the_larger_confusions_are_shown_where_there_is_no_room_for_all():
    examples = rows(a=3, b=3, c=2, d=2, e=2)
    predictions = [said(e, "z") for e in examples]
    for seed in range(30):
        mistakes, _ = select_for_reflection(examples, predictions, random.Random(seed), 2, 0)
        assert labels(mistakes) == {"a": 1, "b": 1}


def test_replies_without_a_label_are_mistakes_and_failed_calls_are_not():
    examples = rows(a=3)
    predictions = [
        Prediction("a0", Outcome.UNREADABLE),
        Prediction("a1", Outcome.UNKNOWN_LABEL, said="z"),
        Prediction("a2", Outcome.FAILED, error="timeout"),
    ]
    mistakes, correct = select_for_reflection(examples, predictions, random.Random(0), 9, 9)
    assert {e.id for e in mistakes} == {"a0", "a1"} and correct == []


def test_rows_without_a_prediction_are_not_shown_and_order_does_not_matter():
    examples = rows(a=4)
    mistakes, correct = select_for_reflection(
        examples, [said(examples[2], "a"), said(examples[1], "b")], random.Random(0), 9, 9
    )
    assert ([e.id for e in mistakes], [e.id for e in correct]) == (["a1"], ["a2"])


def test_canonical_mistakes_come_first_and_count_for_the_balance():
    examples = [
        Example("key1", "t", "a", canonical=True),
        Example("key2", "t", "a", canonical=True),
        *rows(a=20, b=20),
    ]
    predictions = [said(e, "z") for e in examples]
    mistakes, _ = select_for_reflection(examples, predictions, random.Random(0), 6, 0)
    assert {e.id for e in mistakes[:2]} == {"key1", "key2"} and labels(mistakes) == {"a": 3, "b": 3}
    assert len(select_for_reflection(examples, predictions, random.Random(0), 1, 0)[0]) == 1


def test_noted_mistakes_are_preferred():
    examples = [*rows(a=50), *(Example(f"n{i}", "t", "a", note="because") for i in range(3))]
    mistakes, _ = select_for_reflection(examples, [said(e, "b") for e in examples], random.Random(0), 3, 0)
    assert {e.id for e in mistakes} == {"n0", "n1", "n2"}


def test_correct_rows_are_balanced_over_labels_with_noted_ones_first():
    examples = [*rows(a=50, b=2), Example("n", "t", "a", note="because")]
    _, correct = select_for_reflection(examples, [said(e, e.label) for e in examples], random.Random(0), 5, 4)
    assert labels(correct) == {"a": 2, "b": 2} and "n" in {e.id for e in correct}


def test_other_mistakes_are_shown_another_time():
    examples = rows(a=50, b=50)
    predictions, rng = [said(e, "z") for e in examples], random.Random(0)
    first, second = (
        {e.id for e in select_for_reflection(examples, predictions, rng, 10, 0)[0]} for _ in range(2)
    )
    assert first != second


@pytest.mark.parametrize(("mistakes", "correct"), [(0, 0), (3, 2), (100, 100)])
def test_no_more_is_shown_than_asked_for_and_none_twice(mistakes, correct):
    examples = rows(a=6, b=6)
    wrong, right = select_for_reflection(
        examples, [said(e, "a") for e in examples], random.Random(0), mistakes, correct
    )
    assert len(wrong) == min(6, mistakes) == len({e.id for e in wrong}) and all(e.label == "b" for e in wrong)
    assert len(right) == min(6, correct) == len({e.id for e in right}) and all(e.label == "a" for e in right)


def by_id(predictions):
    return {p.example_id: p for p in predictions}


# ---- by number of each label


def test_of_each_label_so_many_are_drawn_or_as_many_as_there_are():
    train = rows(a=100, b=50, c=2)
    drawn = draw_of_each_label(train, 10, random.Random(0))
    assert labels(drawn) == {"a": 10, "b": 10, "c": 2} and len(set(drawn)) == 22
    assert (
        drawn
        == draw_of_each_label(train, 10, random.Random(0))
        != draw_of_each_label(train, 10, random.Random(1))
    )


def test_stubborn_mistakes_of_one_label_take_no_room_of_another():
    retained = [f"a{i}" for i in range(40)]
    drawn = draw_of_each_label(rows(a=100, b=100), 10, random.Random(0), retained)
    assert labels(drawn) == {"a": 10, "b": 10}
    assert sum(example.id in retained for example in drawn) >= 5


def test_the_first_of_each_label_keep_their_order():
    assert [each.id for each in first_of_each_label(rows(a=3, b=1, c=2), 2)] == ["a0", "a1", "b0", "c0", "c1"]
    assert first_of_each_label(rows(a=3), 0) == []
