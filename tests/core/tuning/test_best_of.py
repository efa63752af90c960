from __future__ import annotations

from core.metrics.metrics import evaluation
from core.tuning.acceptance import best_of
from core.tuning.incumbents import Incumbent
from core.types import Example
from tests.core.tuning.toy import START, failed, said

ROWS = [Example(f"r{n}", f"text {n}", "bug") for n in range(4)]


def stood(step: int, answers: str) -> Incumbent:
    """A prompt that was right (+), wrong (-) or brought no reply (?) row by row."""
    kinds = {"+": lambda row: said(row, "bug"), "-": lambda row: said(row, "wish"), "?": failed}
    predictions = [kinds[sign](row.id) for row, sign in zip(ROWS, answers, strict=True)]
    return Incumbent(START, step, evaluation(ROWS, predictions, ("bug", "wish")))


def best(*standings: Incumbent) -> int:
    return best_of(standings, ROWS).step


def test_the_prompt_that_is_right_most_often_is_the_best():
    assert best(stood(0, "+---"), stood(1, "+++-"), stood(2, "++--")) == 1


def test_the_start_stays_where_what_came_later_is_worse():
    assert best(stood(0, "++--"), stood(3, "+---")) == 0


def test_of_equals_the_latest_is_taken():
    assert best(stood(0, "++--"), stood(1, "--++"), stood(2, "+--+")) == 2


def test_a_failed_call_gains_nothing_for_a_prompt():
    """Two of three right is a better share than two of four; on the three rows that both answered they are
    equals."""
    assert best(stood(1, "++--"), stood(0, "++?-")) == 1
    assert best(stood(0, "+++-"), stood(1, "++-?")) == 0


def test_a_failed_call_costs_a_prompt_nothing():
    """The row that it did not answer is left out for the other one, too."""
    assert best(stood(0, "++++"), stood(1, "+++?")) == 1


def test_rows_that_nobody_answered_decide_nothing():
    assert best(stood(0, "????"), stood(1, "----")) == 1
