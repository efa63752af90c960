from __future__ import annotations

import pytest

from core.metrics.comparison import mcnemar
from core.metrics.metrics import evaluation
from core.metrics.stakes import Stakes
from core.tuning.acceptance import (
    best_of,
    claim,
    damage,
    disputed,
    fallen_below,
    hopeless,
    is_withheld,
    judge_candidate,
    judge_edit,
    judge_examples,
    loses,
)
from core.tuning.attribution import Attribution
from core.tuning.incumbents import Incumbent
from core.types import Comparison, Decision, Evaluation, Example, Objective, Verdict
from tests.core.tuning.toy import START, failed, said


def moved(fixed: int, broke: int, shown: int = 0) -> Attribution:
    return Attribution(
        tuple(f"s{n}" for n in range(shown)),
        tuple(f"f{n}" for n in range(fixed)),
        tuple(f"b{n}" for n in range(broke)),
    )


def read(answered: int, lost: int) -> Evaluation:
    rows = [Example(f"r{n}", "text", "bug") for n in range(answered + lost)]
    predictions = [said(row.id, "bug") if n < answered else failed(row.id) for n, row in enumerate(rows)]
    return evaluation(rows, predictions, ("bug",))


# ---- one hypothesis


@pytest.mark.parametrize(
    ("fixed", "broke", "shown", "rules", "decision"),
    [
        (0, 0, 0, 0, Decision.UNDECIDED),
        (0, 0, 0, 50, Decision.UNDECIDED),
        (1, 0, 0, 0, Decision.ACCEPTED),
        (1, 1, 0, 4, Decision.ACCEPTED),  # a tie, while the prompt is young
        (1, 1, 0, 5, Decision.REJECTED),  # one row more from five rules on
        (2, 1, 0, 9, Decision.ACCEPTED),
        (2, 1, 0, 10, Decision.REJECTED),  # two rows more from ten on
        (1, 1, 2, 10, Decision.ACCEPTED),  # rows shown count as well
        (0, 1, 1, 0, Decision.ACCEPTED),
        (1, 2, 0, 0, Decision.REJECTED),
        (0, 1, 0, 0, Decision.REJECTED),
    ],
)
def test_a_rule_must_fix_rows_and_enough_more_than_it_breaks(fixed, broke, shown, rules, decision):
    assert judge_edit(moved(fixed, broke, shown), rules) is decision


@pytest.mark.parametrize(
    ("moves", "so"),
    [
        (moved(0, 3), True),
        (moved(1, 3), False),
        (moved(1, 4), True),
        (moved(0, 4, 2), False),
        (moved(0, 0), False),
    ],
)
def test_a_rule_that_broke_three_rows_more_than_it_fixed_is_hopeless(moves, so):
    assert hopeless(moves) is so


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        (moved(1, 1, 2), "3 mistakes fixed (2 of them shown), 1 new"),
        (moved(2, 0), "2 mistakes fixed, none new"),
        (moved(0, 4), "no mistake fixed, 4 new"),
        (moved(0, 0), "changed no prediction"),
    ],
)
def test_moves_are_told_in_words(moves, words):
    assert moves.in_words() == words


@pytest.mark.parametrize(
    ("moves", "rivals", "so"),
    [
        (moved(3, 0), False, False),
        (moved(3, 1), False, True),  # it broke a row
        (moved(3, 0), True, True),  # another edit may have moved them
        (moved(0, 0), True, False),  # there is nothing to confirm
    ],
)
def test_moves_are_disputed_where_they_broke_rows_or_another_edit_may_have_made_them(moves, rivals, so):
    assert disputed(moves, rivals) is so


# ---- one prompt against another


@pytest.mark.parametrize(
    ("fixed", "broke", "of_all", "of_a_sample", "examples", "shorter_loses"),
    [
        (2, 1, Decision.ACCEPTED, Decision.ACCEPTED, Decision.ACCEPTED, False),
        (1, 1, Decision.ACCEPTED, Decision.ACCEPTED, Decision.REJECTED, False),
        (1, 2, Decision.REJECTED, Decision.ACCEPTED, Decision.REJECTED, True),
    ],
)
def test_what_a_tie_and_a_loss_mean_for_a_candidate_for_examples_and_for_a_shorter_prompt(
    fixed, broke, of_all, of_a_sample, examples, shorter_loses
):
    comparison = compared(fixed, broke)
    assert judge_candidate(comparison, whole=True).decision is of_all
    assert judge_candidate(comparison, whole=False).decision is of_a_sample
    assert judge_examples(comparison, "2 neighbours", "").decision is examples
    assert judge_examples(comparison, "2 neighbours", "Dead.") == Verdict(
        Decision.UNDECIDED, "Dead.", comparison
    )
    assert loses(comparison) is shorter_loses


def test_a_shorter_prompt_that_was_compared_on_no_row_loses():
    assert loses(None) and loses(Comparison(0, (), (), 1.0))


# ---- failed calls


def test_two_failed_calls_in_a_hundred_are_no_damage_and_three_are():
    assert damage(read(98, 2)) == ""
    assert damage(read(97, 3)) == "3 of 100 calls failed, so this step takes no decision."


def test_damage_is_counted_over_all_readings_of_a_step():
    assert damage(read(48, 1)) and damage(read(48, 1), read(50, 0)) == ""
    assert damage(read(48, 2), read(49, 1)) == "3 of 100 calls failed, so this step takes no decision."
    assert damage() == ""


# ---- the claim


def compared(fixed: int, broke: int) -> Comparison:
    moves = moved(fixed, broke)
    return Comparison(100, moves.fixed, moves.broke, mcnemar(fixed, broke))


def test_five_rows_fixed_and_none_broken_are_not_yet_evidence_and_six_are():
    assert claim(compared(5, 0)).decision is Decision.UNDECIDED  # p = 0.0625
    assert claim(compared(6, 0)).decision is Decision.ACCEPTED  # p = 0.03125


def test_what_is_worse_with_evidence_is_said_to_be_worse():
    verdict = claim(compared(1, 9))
    assert verdict.decision is Decision.REJECTED
    assert verdict.reason == "1 mistake fixed, 9 new; worse, and not luck (p = 0.021)"


def test_no_evidence_is_said_in_words():
    assert claim(compared(10, 11)).reason == "10 mistakes fixed, 11 new; may be luck (p = 1.0)"


def test_a_damaged_reading_claims_nothing_whatever_its_figures():
    verdict = claim(compared(30, 0), damage(read(90, 10)))
    assert verdict.decision is Decision.UNDECIDED
    assert verdict.reason == "10 of 100 calls failed, so this step takes no decision."
    assert len(verdict.comparison.fixed) == 30, "the figures stay to be seen"


def test_evidence_of_a_gain_that_is_not_called_one_is_told_from_no_evidence():
    gained, weak = compared(30, 0), "it never answers “spam”"
    assert is_withheld(claim(gained, weak=weak))
    others = (claim(gained), claim(compared(10, 11), weak=weak), claim(compared(0, 30), weak=weak), None)
    assert not any(is_withheld(verdict) for verdict in others)


# ---- the best of a run

ROWS = [Example(f"r{n}", f"text {n}", "bug") for n in range(4)]


def incumbent(step: int, answers: str) -> Incumbent:
    """A prompt that was right (+), wrong (-) or brought no reply (?) row by row."""
    kinds = {"+": lambda row: said(row, "bug"), "-": lambda row: said(row, "wish"), "?": failed}
    predictions = [kinds[sign](row.id) for row, sign in zip(ROWS, answers, strict=True)]
    return Incumbent(START, step, evaluation(ROWS, predictions, ("bug", "wish")))


def best(*incumbents: Incumbent) -> int:
    return best_of(incumbents, ROWS).step


def test_the_prompt_that_is_right_most_often_is_the_best():
    assert best(incumbent(0, "+---"), incumbent(1, "+++-"), incumbent(2, "++--")) == 1


def test_the_start_stays_where_what_came_later_is_worse():
    assert best(incumbent(0, "++--"), incumbent(3, "+---")) == 0


def test_of_equals_the_latest_is_taken():
    assert best(incumbent(0, "++--"), incumbent(1, "--++"), incumbent(2, "+--+")) == 2


def test_a_failed_call_gains_nothing_for_a_prompt():
    """Two of three right is a better share than two of four; on the three rows that both answered they are
    equals."""
    assert best(incumbent(1, "++--"), incumbent(0, "++?-")) == 1
    assert best(incumbent(0, "+++-"), incumbent(1, "++-?")) == 0


def test_a_failed_call_costs_a_prompt_nothing():
    """The row that it did not answer is left out for the other one, too."""
    assert best(incumbent(0, "++++"), incumbent(1, "+++?")) == 1


def test_rows_that_nobody_answered_decide_nothing():
    assert best(incumbent(0, "????"), incumbent(1, "----")) == 1


# ---- another objective than accuracy

RARE = Objective("balanced")


def two_labels(answers: str) -> Evaluation:
    """Eight rows of bug, two of wish; b or w is what is answered."""
    rows = [Example(f"r{n}", "text", "bug" if n < 8 else "wish") for n in range(10)]
    named = {"b": "bug", "w": "wish"}
    predictions = [said(row.id, named[letter]) for row, letter in zip(rows, answers, strict=True)]
    return evaluation(rows, predictions, ("bug", "wish"))


def rare_rows() -> list[Example]:
    return [Example(f"r{n}", "text", "bug" if n < 8 else "wish") for n in range(10)]


def test_edits_are_judged_in_rows_of_the_objective():
    known = {each.example_id: each for each in two_labels("wwwbbbbbww").predictions}
    moves = Attribution(("r0", "r1"), ("r2",), ("r8",))  # three of eight against one of two
    stakes = Stakes(RARE, rare_rows(), known, {"r8": said("r8", "bug")})
    assert judge_edit(moves, 0) is Decision.ACCEPTED
    assert judge_edit(moves, 0, stakes) is Decision.REJECTED
    assert not hopeless(moves, stakes)
    assert hopeless(Attribution((), (), ("r8", "r9")), stakes)


def test_the_best_is_best_by_the_objective():
    sincere, balanced = two_labels("b" * 10), two_labels("wwbbbbbbww")
    both = [Incumbent(START, 0, sincere), Incumbent(START, 1, balanced)]
    assert best_of(both, rare_rows(), RARE).step == 1
    reverse = [Incumbent(START, 0, balanced), Incumbent(START, 1, two_labels("bbbbbbbbbb"))]
    assert best_of(reverse, rare_rows(), RARE).step == 0
    assert best_of(reverse, rare_rows()).step == 1, "eight right each: the latest of equals"


def test_the_best_keeps_a_floor_where_one_does():
    floor = Objective(recall_floors=(("wish", 0.5),))
    always, mixed = two_labels("bbbbbbbbbb"), two_labels("wwwbbbbbwb")
    assert best_of([Incumbent(START, 0, mixed), Incumbent(START, 1, always)], rare_rows(), floor).step == 0
    assert best_of([Incumbent(START, 0, always)], rare_rows(), floor).step == 0
    assert fallen_below(floor, mixed, always) == "recall of “wish” is 0.0 %, below its floor of 50 %"
    assert fallen_below(floor, always, always) == "", "it was below before"


def test_a_candidate_that_falls_below_a_floor_is_refused():
    comparison = Comparison(100, ("a", "b"), (), 0.5)
    verdict = judge_candidate(comparison, False, "recall of “wish” is too low")
    assert verdict.decision is Decision.REJECTED and verdict.reason.endswith("; recall of “wish” is too low")
    assert judge_examples(comparison, "2 examples", "", "too low").decision is Decision.REJECTED


def test_what_is_weak_is_not_called_better():
    better = Comparison(100, tuple("abcdefgh"), (), 0.008)
    verdict = claim(better, "", "it never answers “wish”")
    assert verdict.decision is Decision.UNDECIDED
    assert verdict.reason == (
        "8 mistakes fixed, none new (p = 0.008), but not called an improvement, since it never answers “wish”"
    )
    worse = Comparison(100, (), tuple("abcdefgh"), 0.008)
    assert claim(worse, "", "it never answers “wish”").decision is Decision.REJECTED
    missed = claim(better, "", "", "recall of “wish” is too low")
    assert missed.decision is Decision.ACCEPTED and missed.reason.endswith("; recall of “wish” is too low")
