from __future__ import annotations

import pytest

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
