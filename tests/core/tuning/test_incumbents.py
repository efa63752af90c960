from __future__ import annotations

from core.metrics.metrics import evaluation
from core.tuning.incumbents import Incumbent, Incumbents
from core.types import Edit, Evaluation, Example
from tests.core.tuning.toy import START, said, with_lines

EXAMPLE = Example("r", "text", "bug")


def evaluated(label: str) -> Evaluation:
    return evaluation([EXAMPLE], [said("r", label)], ("bug", "wish"))


def test_the_rules_are_the_lines_that_accepted_edits_left_in_the_system_prompt():
    incumbents = Incumbents(Incumbent(START, 0, evaluated("wish")))
    added = [
        Edit("system_prompt", "", "A"),
        Edit("system_prompt", "", "B"),
        Edit("user_prompt_suffix", "", "C"),
    ]
    incumbents.advance(Incumbent(with_lines("A", "B"), 1, evaluated("bug")), added)
    assert incumbents.rules == ["A", "B"]
    changed = [Edit("system_prompt", "A", ""), Edit("system_prompt", "B", "D")]
    incumbents.advance(Incumbent(with_lines("D"), 2, evaluated("bug")), changed)
    assert incumbents.rules == ["D"]


def test_an_exact_evaluation_takes_the_place_of_the_one_before_and_nothing_else_changes():
    incumbents = Incumbents(Incumbent(START, 0, evaluated("wish")))
    incumbents.advance(Incumbent(with_lines("A"), 1, evaluated("wish"), exact=False))
    incumbents.advance(Incumbent(with_lines("B"), 2, evaluated("bug")))
    incumbents.add_batch(evaluated("bug"))
    first, middle, last = incumbents
    confirmed = incumbents.confirm(middle, evaluated("bug"))
    assert list(incumbents) == [first, confirmed, last] and incumbents.first is first
    assert confirmed.exact and confirmed.validation == evaluated("bug") and confirmed.step == 1
    assert incumbents.current.batch == evaluated("bug") and confirmed.batch is None
