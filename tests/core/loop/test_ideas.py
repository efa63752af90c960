from __future__ import annotations

from dataclasses import asdict

import pytest

from core.errors import UsageError
from core.loop.ideas import Ideas


def test_all_ideas_are_on_and_each_can_be_left_out():
    assert all(asdict(Ideas()).values())
    for name in asdict(Ideas()):
        assert [other for other, on in asdict(Ideas.without((name,))).items() if not on] == [name]
    assert not any(asdict(Ideas.without(tuple(asdict(Ideas())))).values())


def test_an_idea_that_is_none_is_refused_with_the_list_of_those_there_are():
    with pytest.raises(
        UsageError, match=r"There is no idea 'magic': choose from confirm, group_mistakes, .*take_apart\."
    ):
        Ideas.without(("magic",))
