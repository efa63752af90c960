"""Two prompts by the scores of the same rows: a paired test that assumes nothing but that the prompts are the same."""

from __future__ import annotations

from collections.abc import Sequence

ENUMERATED = 12  # rows that differ: up to so many, every way to flip signs is tried
FLIPS = 10_000  # else so many, drawn by the seed
SLICE = 1_000  # flips at a time: what they take in memory
CLOSE = 1e-9  # of a row: sums of floats that are the same number


def sign_flip_p(differences: Sequence[float], seed: int = 0) -> float:
    """Two-sided p of the mean of paired differences (Fisher 1935, "The design of experiments"): were the prompts the
    same, each difference could have either sign; p is the share of signs whose sum is at least as far from 0, of
    drawn ones with the observed one among them (Phipson and Smyth 2010). 1 where no row differs. Of differences of 1
    and -1 alone the exact p is McNemar's."""
    import numpy as np

    moved = np.array([each for each in differences if abs(each) > CLOSE])
    least = abs(float(moved.sum())) - CLOSE
    if len(moved) <= ENUMERATED:
        numbers = np.arange(2 ** len(moved))[:, None]
        flips = (numbers >> np.arange(len(moved))) & 1
        return float((abs((1 - 2 * flips) @ moved) >= least).mean())
    rng = np.random.default_rng([seed, len(moved)])
    extreme = 0
    for _ in range(FLIPS // SLICE):
        flips = rng.integers(0, 2, (SLICE, len(moved)))
        extreme += int((abs((1 - 2 * flips) @ moved) >= least).sum())
    return (extreme + 1) / (FLIPS + 1)
