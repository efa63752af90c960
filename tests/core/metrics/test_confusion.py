"""Cells of the confusion matrix: the rows behind each are those that scikit-learn counts, and moves add
up."""

from __future__ import annotations

import random

import pytest
from sklearn.metrics import confusion_matrix

from core.metrics.confusion import (
    OUTSIDE,
    MatrixCell,
    cell_in_words,
    cells_of,
    column_names,
    difference,
    effect_in_words,
    effect_on,
    mistakes_by_size,
    moves,
    shares,
)
from core.metrics.metrics import measure
from core.types import Example, Outcome, Prediction

LABELS = ("bug", "improvement", "<b>", "unreadable")  # a label may be called like a column
WAYS = (*LABELS, Outcome.UNKNOWN_LABEL, Outcome.UNREADABLE, Outcome.FAILED)


def rows(rng: random.Random, n: int) -> list[Example]:
    return [Example(str(i), f"text {i}", rng.choice(LABELS)) for i in range(n)]


def said(identity: str, way: str | Outcome) -> Prediction:
    if isinstance(way, Outcome):
        return Prediction(identity, way)
    return Prediction(identity, Outcome.LABEL, label=way)


def read(rng: random.Random, examples: list[Example]) -> list[Prediction]:
    return [said(row.id, rng.choice(WAYS)) for row in examples]


def table(examples: list[Example], predictions: list[Prediction]) -> list[list[int]]:
    """By scikit-learn, over names that no label has."""
    truth = {row.id: LABELS.index(row.label) for row in examples}
    scored = [each for each in predictions if each.outcome is not Outcome.FAILED]
    outside = {Outcome.UNKNOWN_LABEL: len(LABELS), Outcome.UNREADABLE: len(LABELS) + 1}
    got = [LABELS.index(each.label) if each.label else outside[each.outcome] for each in scored]
    return confusion_matrix(
        [truth[each.example_id] for each in scored], got, labels=range(len(LABELS) + 2)
    ).tolist()[: len(LABELS)]


@pytest.mark.parametrize("seed", range(30))
def test_the_rows_of_each_cell_are_as_many_as_scikit_learn_counts(seed: int):
    rng = random.Random(seed)
    examples = rows(rng, rng.choice([1, 20, 200]))
    predictions = read(rng, examples)
    found = list(cells_of(examples, predictions, LABELS).values())
    counted = [[found.count(MatrixCell(i, j)) for j in range(len(LABELS) + 2)] for i in range(len(LABELS))]
    assert counted == table(examples, predictions)
    assert counted == [list(row) for row in measure(examples, predictions, LABELS).confusion]


@pytest.mark.parametrize("seed", range(30))
def test_a_difference_is_one_matrix_less_the_other_over_the_rows_that_both_have_scored(seed: int):
    rng = random.Random(seed)
    examples = rows(rng, 150)
    old, new = read(rng, examples), read(rng, examples)
    both = [
        row.id
        for row, one, other in zip(examples, old, new, strict=True)
        if Outcome.FAILED not in (one.outcome, other.outcome)
    ]
    before, after = ([each for each in reading if each.example_id in set(both)] for reading in (old, new))
    expected = [
        [b - a for a, b in zip(*pair, strict=True)]
        for pair in zip(table(examples, before), table(examples, after), strict=True)
    ]
    cells = [cells_of(examples, reading, LABELS) for reading in (old, new)]
    grown = difference(*cells, LABELS)
    assert grown == expected
    assert [sum(row) for row in grown] == [0] * len(LABELS), "rows only go from cell to cell"
    went = moves(*cells)
    assert [len(move.ids) for move in went] == sorted((len(move.ids) for move in went), reverse=True)
    rebuilt = [[0] * (len(LABELS) + 2) for _ in LABELS]
    for move in went:
        assert move.before.row == move.after.row and move.before != move.after
        rebuilt[move.before.row][move.before.column] -= len(move.ids)
        rebuilt[move.after.row][move.after.column] += len(move.ids)
    assert rebuilt == expected


def test_the_four_outcomes_have_places_of_their_own():
    examples = [Example(str(i), "", "bug") for i in range(5)]
    ways = ("improvement", Outcome.UNKNOWN_LABEL, Outcome.UNREADABLE, Outcome.FAILED, "gone from the set")
    found = cells_of(examples, [said(row.id, way) for row, way in zip(examples, ways, strict=True)], LABELS)
    assert [found[str(i)].column for i in (0, 1, 2, 4)] == [1, 4, 5, 4] and "3" not in found
    assert column_names(LABELS)[4:] == OUTSIDE


def test_rows_of_labels_outside_the_set_and_of_other_datasets_are_in_no_cell():
    examples = [Example("a", "", "bug"), Example("b", "", "left the set")]
    assert set(cells_of(examples, [said(identity, "bug") for identity in "abc"], LABELS)) == {"a"}


def test_mistakes_come_biggest_first_and_never_from_the_diagonal():
    assert mistakes_by_size([[9, 1, 0, 3], [2, 8, 0, 3]]) == [
        (MatrixCell(0, 3), 3),
        (MatrixCell(1, 3), 3),
        (MatrixCell(1, 0), 2),
        (MatrixCell(0, 1), 1),
    ]


def test_shares_are_of_the_row_and_a_row_without_rows_has_none():
    assert shares([[1, 3], [0, 0]]) == [[0.25, 0.75], [0, 0]]


def test_a_cell_in_words():
    cells = (MatrixCell(0, 1), MatrixCell(0, 0), MatrixCell(2, 4), MatrixCell(2, 5))
    assert [cell_in_words(cell, LABELS) for cell in cells] == [
        "bug predicted as improvement",
        "bug, predicted right",
        "<b> predicted as a label not in the list",
        "<b>, reply unreadable",
    ]


# ---- what another prompt did


def cells(**places: tuple[int, int]) -> dict[str, MatrixCell]:
    return {identity: MatrixCell(*place) for identity, place in places.items()}


def test_what_an_edit_did_is_told_for_the_cell_and_for_all_others_apart():
    before = cells(
        a=(0, 1), b=(0, 1), c=(0, 1), d=(0, 0), e=(1, 1), f=(1, 1), g=(2, 0), h=(1, 1), lost=(0, 1)
    )
    after = cells(a=(0, 0), b=(0, 2), c=(0, 1), d=(0, 1), e=(1, 0), f=(1, 0), g=(2, 2), h=(1, 1), new=(0, 0))
    effect = effect_on(MatrixCell(0, 1), before, after)
    assert (effect.here, effect.fixed_here, effect.moved_here, effect.came_here) == (
        3,
        ("a",),
        ("b",),
        ("d",),
    )
    assert (effect.fixed, effect.broke) == (1, 3)
    assert effect_in_words(effect, LABELS) == (
        "1 of 3 mistakes of this kind fixed (1 more predicted otherwise, still wrong), 3 new elsewhere: "
        "improvement → bug 2, bug → improvement 1; 1 fixed elsewhere"
    )


def test_an_edit_that_does_nothing_says_so():
    same = cells(a=(0, 1), b=(1, 1))
    assert (
        effect_in_words(effect_on(MatrixCell(0, 1), same, same), LABELS)
        == "0 of 1 mistakes of this kind fixed, none new elsewhere"
    )


def test_many_kinds_of_damage_are_summed_up():
    before = {f"{i}{j}": MatrixCell(i, i) for i in range(4) for j in range(6) if i != j} | {
        "here": MatrixCell(0, 1)
    }
    after = {f"{i}{j}": MatrixCell(i, j) for i in range(4) for j in range(6) if i != j} | {
        "here": MatrixCell(0, 0)
    }
    words = effect_in_words(effect_on(MatrixCell(0, 1), before, after), LABELS)
    assert words.startswith(
        "1 of 1 mistakes of this kind fixed, 20 new elsewhere: bug → "
    ) and words.endswith(", and 16 more")
