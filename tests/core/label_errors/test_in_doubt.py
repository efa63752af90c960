"""Labels that a run does not believe: clear contradictions, never many of one label, never what people vouched
for."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from core.label_errors.in_doubt import FEWEST, LARGEST_SHARE, labels_in_doubt
from core.types import Example
from tests.bench.suspects import sample


def two_kinds(size: int, wrong: tuple[int, ...] = ()) -> list[Example]:
    kinds = {"zebra": "x", "apple": "y"}
    return [
        Example(
            f"{word}{n}",
            f"the {word} number {n}",
            {"x": "y", "y": "x"}[label] if word == "zebra" and n in wrong else label,
        )
        for word, label in kinds.items()
        for n in range(size)
    ]


def test_a_wrong_label_is_contradicted_by_the_rows_like_it():
    [(row, suspect)] = labels_in_doubt(two_kinds(20, wrong=(3,)), 0).items()
    assert (row, suspect.label, suspect.suggested) == ("zebra3", "y", "x")
    assert suspect.doubt > 0.5 and suspect.reasons


def test_where_all_labels_agree_with_their_texts_none_is_in_doubt():
    assert labels_in_doubt(two_kinds(20), 0) == {}


def test_too_few_rows_say_nothing():
    assert labels_in_doubt(two_kinds(FEWEST - 1, wrong=(0,)), 0) == {}
    assert labels_in_doubt([row for row in two_kinds(20) if row.label == "x"], 0) == {}
    assert labels_in_doubt([], 0) == {}


@pytest.mark.parametrize("mark", [{"canonical": True}, {"note": "It is a y."}, {"reviewed": True}])
def test_what_a_person_vouched_for_is_believed(mark):
    rows = [replace(row, **mark) if row.id == "zebra3" else row for row in two_kinds(20, wrong=(3,))]
    assert labels_in_doubt(rows, 0) == {}


def test_excluded_rows_neither_judge_nor_are_judged():
    rows = [replace(row, excluded=row.id == "zebra3") for row in two_kinds(20, wrong=(3,))]
    assert labels_in_doubt(rows, 0) == {}


@pytest.mark.parametrize("seed", [0, -1, 2**40 + 7])
def test_the_same_seed_gives_the_same_doubts(seed):
    rows = two_kinds(20, wrong=(3, 5))
    assert labels_in_doubt(rows, seed) == labels_in_doubt(rows, seed) != {}


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_of_a_rare_label_no_more_is_doubted_than_its_errors_can_explain(share: float):
    case = sample("insincere_questions.csv")
    frequent = [row for row in case.rows if row.label == "sincere"]
    rare = [row for row in case.rows if row.label == "insincere"]
    some = random.Random(0).sample(rare, round(share * len(frequent) / (1 - share)))
    counts = Counter(each.label for each in labels_in_doubt([*frequent, *some], 0).values())
    assert 0 < counts["insincere"] <= LARGEST_SHARE * len(some)


def test_most_of_the_rare_label_that_is_right_is_believed():
    """Without weights by label, 22 of these 80 rows were doubted although they are right."""
    case = sample("insincere_questions.csv")
    doubted = labels_in_doubt(case.rows, 0)
    wrongly = [each for each in doubted.values() if each.example_id not in case.planted]
    assert sum(each.label == "insincere" for each in wrongly) <= 6
    assert len(doubted) > 2 * len([each for each in wrongly if each.label == "insincere"])
