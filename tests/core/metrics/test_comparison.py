"""Two prompts on the same rows, in words."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.metrics.comparison import (
    EVIDENCE,
    compare,
    comparison_in_requests,
    comparison_in_words,
    mcnemar,
    p_in_words,
    reason_in_words,
    rows_for_evidence,
    two_digits,
)
from core.types import Comparison, Decision, Example, Outcome, Prediction, Verdict


def of(fixed: int, broke: int, n: int = 200) -> Comparison:
    return Comparison(
        n, tuple(f"f{i}" for i in range(fixed)), tuple(f"b{i}" for i in range(broke)), mcnemar(fixed, broke)
    )


def said(**labels: str | Outcome) -> list[Prediction]:
    return [
        Prediction(id, a) if isinstance(a, Outcome) else Prediction(id, Outcome.LABEL, label=a)
        for id, a in labels.items()
    ]


ROWS = [
    Example("a", "1", "bug"),
    Example("b", "2", "bug"),
    Example("c", "3", "docs"),
    Example("d", "4", "docs"),
]


def test_fixed_and_broke_are_the_rows_that_changed_sides_in_row_order() -> None:
    before = said(a="docs", b=Outcome.UNREADABLE, c="docs", d="docs")
    after = said(a="bug", b="bug", c=Outcome.UNKNOWN_LABEL, d="docs")
    comparison = compare(ROWS, before, after)
    assert (comparison.n, comparison.fixed, comparison.broke) == (4, ("a", "b"), ("c",))
    assert comparison.p == 1.0


def test_a_failed_call_on_either_side_leaves_the_row_out() -> None:
    before = said(a="docs", b="docs", c=Outcome.FAILED, d="docs")
    after = said(a="bug", b=Outcome.FAILED, c="docs", d="docs")
    comparison = compare(ROWS, before, after)
    assert (comparison.n, comparison.fixed, comparison.broke) == (2, ("a",), ())


def test_rows_read_only_once_and_other_orders_do_no_harm() -> None:
    comparison = compare(ROWS, said(c="docs", a="docs", x="bug"), said(a="bug", c="bug", d="bug"))
    assert (comparison.n, comparison.fixed, comparison.broke) == (2, ("a",), ("c",))


def test_one_wrong_answer_for_another_changes_nothing() -> None:
    comparison = compare(ROWS[:2], said(a="docs", b="docs"), said(a=Outcome.UNREADABLE, b="other"))
    assert (comparison.n, comparison.fixed, comparison.broke, comparison.p) == (2, (), (), 1.0)


def test_p_is_the_exact_binomial_test() -> None:
    rng = random.Random(0)
    cases = [(b, c) for b in range(13) for c in range(13)] + [
        (rng.randint(0, 400), rng.randint(0, 400)) for _ in range(60)
    ]
    for b, c in cases:
        expected = binomtest(b, b + c).pvalue if b + c else 1.0
        assert math.isclose(mcnemar(b, c), expected, rel_tol=1e-12), (b, c)


def test_p_of_thousands_of_rows_is_a_number() -> None:
    assert 0 <= mcnemar(6000, 2) < 1e-300
    assert mcnemar(3000, 3000) == 1.0


@pytest.mark.parametrize(
    ("fixed", "broke", "sentence"),
    [
        (10, 11, "10 mistakes fixed, 11 new; may be luck (p = 1.0)"),
        (21, 4, "21 mistakes fixed, 4 new; not luck (p = 0.0009)"),
        (3, 15, "3 mistakes fixed, 15 new; worse, and not luck (p = 0.008)"),
        (0, 0, "no mistake fixed, none new; no difference"),
        (5, 0, "5 mistakes fixed, none new; may be luck (p = 0.062)"),
        (26, 13, "26 mistakes fixed, 13 new; may be luck (p = 0.053)"),
        (13, 4, "13 mistakes fixed, 4 new; not luck (p = 0.049)"),
        (6, 0, "6 mistakes fixed, none new; not luck (p = 0.031)"),
        (0, 6, "no mistake fixed, 6 new; worse, and not luck (p = 0.031)"),
        (1200, 3, "1,200 mistakes fixed, 3 new; not luck (p < 0.0001)"),
    ],
)
def test_the_verdict_in_words(fixed: int, broke: int, sentence: str) -> None:
    assert comparison_in_words(of(fixed, broke, n=5000)) == sentence


def test_requests_and_stored_runs_keep_the_sentence_of_before_and_it_is_shown_in_todays_words() -> None:
    stored = comparison_in_requests(of(21, 4, n=5000))
    assert stored == "fixed 21, broke 4: better (p = 0.0009)"
    verdict = Verdict(Decision.ACCEPTED, f"{stored}; recall of “a” is low", of(21, 4, n=5000))
    assert reason_in_words(verdict) == (
        "21 mistakes fixed, 4 new; not luck (p = 0.0009); recall of “a” is low"
    )
    assert reason_in_words(Verdict(Decision.UNDECIDED, "3 of 100 calls failed.")) == "3 of 100 calls failed."


def test_no_common_row_is_said_and_not_called_a_tie() -> None:
    assert (
        comparison_in_words(compare(ROWS, [], said(a="bug")))
        == "nothing to compare: no row was scored for both prompts"
    )


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1.0, "p = 1.0"),
        (0.5, "p = 0.50"),
        (0.0499, "p = 0.0499"),
        (0.0501, "p = 0.050"),
        (0.05, "p = 0.050"),
        (0.0123, "p = 0.012"),
        (0.00754, "p = 0.008"),
        (0.0001, "p = 0.0001"),
        (0.00009, "p < 0.0001"),
        (0.0, "p < 0.0001"),
    ],
)
def test_p_is_rounded_to_what_it_is_worth(p: float, words: str) -> None:
    assert p_in_words(p) == words


@given(st.floats(0.0001, 1.0))
def test_the_p_shown_is_always_on_the_side_of_the_line_that_the_word_says(p: float) -> None:
    assert (float(p_in_words(p).removeprefix("p = ")) < EVIDENCE) == (p < EVIDENCE)


@pytest.mark.parametrize(
    ("fixed", "broke", "n"), [(6, 2, 19), (4, 1, 19), (5, 1, 29), (30, 20, 300), (3, 0, 12)]
)
def test_so_many_rows_are_just_enough_evidence_if_they_go_the_same_way(fixed: int, broke: int, n: int):
    needed = rows_for_evidence(of(fixed, broke, n))
    times = needed / n
    assert mcnemar(round(times * fixed), round(times * broke)) < 0.07, "it is about so many"
    assert mcnemar(round(0.7 * times * fixed), round(0.7 * times * broke)) >= EVIDENCE


def test_no_number_of_rows_is_named_where_nothing_speaks_for_the_change():
    assert rows_for_evidence(of(2, 2)) is None and rows_for_evidence(of(1, 3)) is None
    assert [two_digits(each) for each in (0.5, 46, 46.2, 108.1, 1201)] == [1, 46, 47, 110, 1300]
