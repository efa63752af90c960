from __future__ import annotations

import pytest

from core.label_errors.leave_one_out import FOLDS, label_odds
from core.similarity.tfidf import Similarity
from core.types import Example

ROWS = [
    Example("a", "the zebra ran away", "x"),
    Example("b", "the zebra ran home", "x"),
    Example("c", "an apple pie", "y"),
]


def test_a_text_is_like_itself_and_more_like_one_that_shares_words():
    alike = Similarity(ROWS).among(["a", "b", "c"], ["a", "b", "c"])
    assert alike.shape == (3, 3)
    assert alike.diagonal() == pytest.approx([1, 1, 1])
    assert 0 < alike[0, 1] < 1 and alike[0, 2] == 0
    assert alike == pytest.approx(alike.T)


def test_any_text_can_be_compared_with_the_rows():
    alike = Similarity(ROWS).to_texts(["a zebra", "", "nothing known"], ["b", "c"])
    assert alike.shape == (3, 2)
    assert alike[0, 0] > 0 and alike[1:].sum() == 0


def test_rows_are_compared_in_the_order_they_are_asked_for():
    likeness = Similarity(ROWS)
    assert likeness.among(["c", "a"], ["b"])[:, 0].tolist() == [0.0, likeness.among(["a"], ["b"])[0, 0]]


def test_texts_without_words_are_compared_by_their_signs():
    """A dataset of nothing but emoji is a dataset."""
    alike = Similarity(
        [Example("up", "👍👍", "x"), Example("too", "👍", "x"), Example("down", "👎!", "y")]
    ).among(["up"], ["too", "down"])
    assert alike[0, 0] > alike[0, 1] == 0


def test_no_rows_at_all_can_be_compared_with_nothing():
    assert Similarity([]).to_texts(["a text"], []).shape == (1, 0)


# ---- labels in doubt


def two_kinds(size: int, wrong: tuple[int, ...] = ()) -> list[Example]:
    kinds = {"zebra": "x", "apple": "y"}
    return [
        Example(
            f"{word}{n}",
            f"the {word} number {n}",
            {"x": "y", "y": "x"}[label] if word == "zebra" and n in wrong else label,
        )
        for word, label in kinds.items()
        for n in range(size)
    ]


def test_a_wrong_label_is_contradicted_by_the_rows_like_it():
    odds = label_odds(two_kinds(20, wrong=(3,)), 0)
    assert odds["zebra3"]["x"] > 3 * odds["zebra3"]["y"], "its label is y, and no other zebra's is"
    assert all(odds[f"zebra{n}"]["x"] > odds[f"zebra{n}"]["y"] for n in range(20))
    assert len(odds) == 40 and all(sum(chances.values()) == pytest.approx(1) for chances in odds.values())


def test_too_few_rows_say_nothing():
    assert label_odds(two_kinds(FOLDS - 1), 0) == {}
    assert label_odds([row for row in two_kinds(20) if row.label == "x"], 0) == {}
    assert label_odds([], 0) == {}


def test_a_rare_label_is_left_out_and_the_others_are_judged():
    rare = [Example(f"r{n}", f"rare {n}", "z") for n in range(FOLDS - 1)]
    odds = label_odds([*two_kinds(10), *rare], 0)
    assert len(odds) == 20 and set(odds["zebra0"]) == {"x", "y"}


@pytest.mark.parametrize("seed", [0, -1, 2**32, 2**40 + 7])
def test_any_whole_number_is_a_seed_and_the_same_one_gives_the_same_odds(seed):
    assert label_odds(two_kinds(10), seed) == label_odds(two_kinds(10), seed) != {}
