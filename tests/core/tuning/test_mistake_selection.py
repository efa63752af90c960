from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from core.similarity.tfidf import Similarity
from core.tuning import mistake_selection
from core.tuning.mistake_selection import (
    GROUP_SIZE,
    noted_near,
    noted_twins,
    systematic,
    to_the_front,
    without_near_duplicates,
)
from core.types import Example


def row(name: str, text: str, label: str = "bug", **more: object) -> Example:
    return Example(name, text, label, **more)


ZEBRAS = [
    row(f"z{n}", f"the striped zebra ran {word}", "question")
    for n, word in enumerate(("away", "home", "fast", "north"))
]
SINGLES = [
    row("s0", "alpha bravo"),
    row("s1", "charlie delta"),
    row("s2", "echo foxtrot"),
    row("s3", "golf hotel"),
]


def shown(mistakes: list[Example], size: int, before: Counter[str] | None = None) -> list[str]:
    return [each.id for each in systematic(mistakes, Similarity(mistakes), before or Counter(), size)]


# ---- groups


def test_mistakes_that_look_alike_come_first_and_together():
    mixed = [SINGLES[0], ZEBRAS[0], SINGLES[1], ZEBRAS[1], SINGLES[2], ZEBRAS[2], ZEBRAS[3], SINGLES[3]]
    chosen = shown(mixed, 8)
    assert set(chosen[:4]) == {"z0", "z1", "z2", "z3"}
    assert chosen[4:] == ["s0", "s1", "s2", "s3"]


def test_two_groups_stay_apart():
    apples = [
        row(f"a{n}", f"a red apple fell {word}", "wish")
        for n, word in enumerate(("down", "twice", "again", "late"))
    ]
    mixed = [each for pair in zip(ZEBRAS, apples, strict=True) for each in pair]
    chosen = shown(mixed, 8)
    assert {name[0] for name in chosen[:4]} in ({"z"}, {"a"})
    assert len({name[0] for name in chosen[4:]}) == 1


def test_alike_texts_with_other_labels_are_not_one_group():
    """What they have in common is not what their labels follow."""
    strangers = [
        row("x0", "the striped zebra ran off", "wish"),
        row("x1", "the striped zebra ran out", "bug"),
    ]
    chosen = shown([*strangers, *ZEBRAS], 6)
    assert set(chosen[:4]) == {"z0", "z1", "z2", "z3"}


def test_a_group_has_at_most_four_rows():
    many = [row(f"z{n}", f"the striped zebra ran {'abcdefgh'[n] * 3}", "question") for n in range(7)]
    pair = [row("p0", "quiet green tea", "wish"), row("p1", "quiet green pond", "wish")]
    chosen = shown([*many, *pair], GROUP_SIZE + 2)
    assert len([name for name in chosen[:GROUP_SIZE] if name.startswith("z")]) == GROUP_SIZE
    assert len(chosen) == len(set(chosen)) == GROUP_SIZE + 2


def test_a_group_shown_before_steps_back():
    apples = [
        row(f"a{n}", f"a red apple fell {word}", "wish")
        for n, word in enumerate(("down", "twice", "again", "late"))
    ]
    first = shown([*ZEBRAS, *apples], 4)
    second = shown([*ZEBRAS, *apples], 4, Counter(first))
    assert not set(first) & set(second)


def test_a_dense_group_shown_often_falls_behind_a_single_mistake():
    assert shown([*ZEBRAS, SINGLES[0]], 1)[0].startswith("z")
    assert shown([*ZEBRAS, SINGLES[0]], 1, Counter({each.id: 4 for each in ZEBRAS})) == ["s0"]


def test_no_more_mistakes_than_asked_for_are_shown():
    assert len(shown([*ZEBRAS, *SINGLES], 3)) == 3
    assert len(shown([*ZEBRAS, *SINGLES], 100)) == 8
    assert shown([], 5) == []


# ---- notes

NOTED = [
    row("n0", "a red apple pie", note="fruit is a wish"),
    row("n1", "the striped zebra stood", note="zebras are questions"),
    row("n2", "nothing alike whatsoever", note="odd"),
]


def test_noted_rows_come_nearest_first():
    near = noted_near(NOTED, ZEBRAS[:1], Similarity([*NOTED, *ZEBRAS]))
    assert [each.id for each in near] == ["n1", "n0", "n2"]


def test_each_mistake_brings_its_nearest_noted_row_before_any_second_nearest():
    others = [row("n3", "the striped zebra sat", note="zebras again")]
    mistakes = [ZEBRAS[0], row("m", "one apple pie")]
    near = noted_near([*NOTED, *others], mistakes, Similarity([*NOTED, *others, *mistakes]), 2)
    assert {each.id for each in near} in ({"n0", "n1"}, {"n0", "n3"})


def test_noted_rows_are_no_more_than_asked_for_and_none_twice():
    near = noted_near(NOTED, ZEBRAS, Similarity([*NOTED, *ZEBRAS]), 2)
    assert len(near) == 2 and near[0].id == "n1"
    assert noted_near([], ZEBRAS, Similarity(ZEBRAS)) == []
    assert [each.id for each in noted_near(NOTED, [], Similarity(NOTED), 2)] == ["n0", "n1"]


# ---- a note that tells two labels of one text apart

TWINS = [
    row("t0", "Make the zebra faster", "wish"),
    row("t1", "make the  ZEBRA faster!", "bug", note="slow is a bug with us"),
    row("t2", "Make the apple faster", "wish", note="apples are wishes"),
]


def test_a_note_on_a_row_whose_text_has_another_label_elsewhere_tells_them_apart():
    assert noted_twins([*TWINS, *NOTED, *ZEBRAS]) == {"t1"}


@pytest.mark.parametrize(
    "rows",
    [
        [TWINS[0], replace(TWINS[1], note="")],
        [replace(TWINS[0], label="bug"), TWINS[1]],
        [TWINS[1], TWINS[2]],
        [],
    ],
    ids=["no note", "one label", "other texts", "no rows"],
)
def test_there_is_no_twin_to_tell_apart_with(rows):
    assert noted_twins(rows) == frozenset()


def test_rows_of_these_ids_come_first_and_the_others_keep_their_order():
    assert [each.id for each in to_the_front(NOTED, {"n2"})] == ["n2", "n0", "n1"]
    assert to_the_front(NOTED, ()) == NOTED


# ---- near duplicates


def test_of_mistakes_that_say_nearly_the_same_one_is_shown():
    rows = [
        row("a", "How can I recognise an investment scam?", "x"),
        row("b", "How can I recognise an investment scam", "x"),
        row("c", "How can I recognize an investment scam?", "x"),
        row("d", "Where is the nearest train station?", "x"),
    ]
    assert len(shown(rows, 4)) == 2 and "d" in shown(rows, 4)
    assert [each.id for each in without_near_duplicates(rows)] == ["a", "d"]


def test_near_duplicates_under_different_labels_are_both_shown():
    rows = [
        row("a", "How can I recognise an investment scam?", "x"),
        row("b", "How can I recognise an investment scam", "y"),
    ]
    assert set(shown(rows, 4)) == {each.id for each in without_near_duplicates(rows)} == {"a", "b"}


def test_near_duplicates_are_told_by_their_group_not_by_looking_through_all_before(
    monkeypatch: pytest.MonkeyPatch,
):
    compared = []

    class Group(int):
        def __eq__(self, other: object) -> bool:
            compared.append(other)
            return int(self) == other

        __hash__ = int.__hash__

    monkeypatch.setattr(
        mistake_selection, "group_near_duplicates", lambda texts: [Group(n // 2) for n in range(len(texts))]
    )
    mistakes = [row(f"r{n}", f"text {n}") for n in range(200)]
    assert without_near_duplicates(mistakes) == mistakes[::2]
    assert len(compared) <= 200
