from __future__ import annotations

from dataclasses import asdict

import pytest

from core.errors import UsageError
from core.tuning.setup import Switches


def test_all_ideas_are_on_and_each_can_be_left_out():
    assert all(asdict(Switches()).values())
    for name in asdict(Switches()):
        assert [other for other, on in asdict(Switches.without((name,))).items() if not on] == [name]
    assert not any(asdict(Switches.without(tuple(asdict(Switches())))).values())


def test_an_idea_that_is_none_is_refused_with_the_list_of_those_there_are():
    with pytest.raises(
        UsageError, match=r"There is no idea 'magic': choose from confirm, group_mistakes, .*take_apart\."
    ):
        Switches.without(("magic",))
