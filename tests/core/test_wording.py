"""Sentences that more than one door says."""

import pytest

from core.wording import slowed_in_words


@pytest.mark.parametrize(
    ("per_second", "wait", "words"),
    [
        (3.2, 0.0, "slowed by the provider's rate limit: 3 requests a second"),
        (1_480.0, 12.4, "slowed by the provider's rate limit: 1,480 requests a second, the next in 12 s"),
        (0.05, 75.0, "slowed by the provider's rate limit: 3 requests a minute, the next in 1 min 15 s"),
        (0.0, 30.0, "slowed by the provider's rate limit: the next in 30 s"),
        (0.0, 0.2, "slowed by the provider's rate limit"),
    ],
)
def test_what_a_rate_limit_lets_through(per_second: float, wait: float, words: str):
    assert slowed_in_words(per_second, wait) == words
