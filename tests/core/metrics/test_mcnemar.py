"""The gain of one prompt over another on the same rows, with its interval."""

from __future__ import annotations

import random
from math import comb

import pytest

from core.metrics.mcnemar import gain, gain_interval
from core.types import Comparison


def compared(n: int, fixed: int, broke: int) -> Comparison:
    return Comparison(n, tuple(map(str, range(fixed))), tuple(map(str, range(broke))), 1.0)


def test_the_gain_is_a_share_of_the_rows_scored_for_both():
    assert gain(compared(50, 12, 2)) == pytest.approx(0.2) and gain(compared(50, 2, 12)) == pytest.approx(
        -0.2
    )
    assert gain(compared(0, 0, 0)) == 0.0 and gain_interval(compared(0, 0, 0)) == (-1.0, 1.0)


def test_the_interval_is_that_of_agresti_and_min():
    """Their example (2005, table II): of 100 pairs 12 and 5 differ; with half a row added to each cell, (12.5
    - 5.5) / 102, and so on."""
    low, high = gain_interval(compared(100, 12, 5))
    middle, deviation = 7 / 102, (18 - 49 / 102) ** 0.5 / 102
    assert (low, high) == pytest.approx(
        (middle - 1.959964 * deviation, middle + 1.959964 * deviation), abs=1e-6
    )


def test_it_turns_round_with_the_prompts_and_stays_in_its_bounds():
    rng = random.Random(0)
    for _ in range(500):
        n = rng.randrange(1, 40)
        fixed = rng.randrange(n + 1)
        broke = rng.randrange(n - fixed + 1)
        low, high = gain_interval(compared(n, fixed, broke))
        other_low, other_high = gain_interval(compared(n, broke, fixed))
        assert -1 <= low < high <= 1 and (low, high) == pytest.approx((-other_high, -other_low))


@pytest.mark.parametrize("n", [40, 100])
@pytest.mark.parametrize(("fixed", "broke"), [(0.05, 0.05), (0.15, 0.03), (0.3, 0.1)])
def test_it_holds_what_it_promises_for_few_rows(n: int, fixed: float, broke: float):
    """Coverage worked out over all outcomes, not drawn."""
    covered = 0.0
    for f in range(n + 1):
        for b in range(n + 1 - f):
            low, high = gain_interval(compared(n, f, b))
            if low <= fixed - broke <= high:
                covered += (
                    comb(n, f) * comb(n - f, b) * fixed**f * broke**b * (1 - fixed - broke) ** (n - f - b)
                )
    assert covered > 0.93


def test_by_another_objective_the_gain_is_its_difference_with_an_interval_that_agrees_with_p():
    proven, unproven = (
        Comparison(100, ("a",), (), p, "balanced accuracy +20.0 points", 0.2) for p in (0.01, 0.2)
    )
    assert gain(proven) == gain(unproven) == 0.2
    assert gain_interval(proven)[0] > 0 > gain_interval(unproven)[0]
    assert sum(gain_interval(proven)) == pytest.approx(0.4)
