"""What is no label set is refused, what may be none is said, and what real datasets have passes."""

from __future__ import annotations

import random

import pytest

from core.data.bins import Bins
from core.data.fields import ColumnMap
from core.data.importing.label_shape import TASKS, LabelDoubt, check_label_set, column_doubt, label_doubt
from core.errors import DataError
from core.types import Example
from tests.core.data.importing.label_columns import PASSES, REFUSED, WARNED

SEEDS = range(8)  # files of a kind


def doubts(column: str, made) -> set[LabelDoubt | None]:
    return {label_doubt(made(random.Random(seed)), column) for seed in SEEDS}


@pytest.mark.parametrize("name", PASSES)
def test_labels_of_real_datasets_pass(name):
    assert doubts(*PASSES[name]) == {None}


@pytest.mark.parametrize("name", WARNED)
def test_what_may_be_no_label_set_is_said(name):
    column, made, kind = WARNED[name]
    found = doubts(column, made)
    assert {doubt and (str(doubt.kind), doubt.refused) for doubt in found} == {(kind, False)}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_label_set_is_refused(name):
    column, made, kind = REFUSED[name]
    found = doubts(column, made)
    assert {doubt and (str(doubt.kind), doubt.refused) for doubt in found} == {(kind, True)}
    for doubt in found:
        assert doubt and doubt.sentence.startswith(f"The column “{column}” looks like {kind} (")
        assert "choose another column" in doubt.sentence and TASKS in doubt.sentence
        assert ("put them into bins" in doubt.sentence) == (kind == "numbers on a scale")


def examples(labels: list[str]) -> list[Example]:
    return [Example(str(i), f"text {i}", label) for i, label in enumerate(labels)]


def test_before_a_run_only_labels_that_do_not_come_again_are_refused():
    for _, made in PASSES.values():
        if len(set(labels := made(random.Random(1)))) < len(labels):
            check_label_set(examples(labels))
    with pytest.raises(
        DataError, match=r"^The labels look like free text \(60 different labels in 60 rows, such as “"
    ):
        check_label_set(examples(REFUSED["60 free texts"][1](random.Random(1))))
    check_label_set(
        examples(REFUSED["ages"][1](random.Random(1)))
    )  # imported as they are, before or by choice
    with pytest.raises(DataError, match="Each of the 5 rows has a label of its own"):
        check_label_set(examples(list("abcde")))
    check_label_set(examples(list("abcdd")))


def test_numbers_that_are_to_stay_as_they_are_pass_while_they_come_again_and_free_answers_always():
    again = examples([str(i) for i in range(3, 90, 2) for _ in range(2)])
    assert column_doubt(again, ColumnMap(("text",), "label")) and column_doubt(
        again, ColumnMap(("text",), "score")
    )
    assert column_doubt(again, ColumnMap(("text",), "score", bins=Bins())) is None
    assert column_doubt(again, ColumnMap(("text",), "score", answers=True)) is None
    once = column_doubt(again[::2], ColumnMap(("text",), "score", bins=Bins()))
    assert once and once.refused
    assert column_doubt(again[::2], ColumnMap(("text",), "score", answers=True)) is None
