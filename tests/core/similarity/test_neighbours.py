"""Neighbours that are no copies: what a row sees of the labelled rows around it."""

from __future__ import annotations

import random

from core.similarity.neighbours import MOST_SEARCHED, most_frequent, nearby, neighbours_from_prompt
from core.types import Example, FewShot, Shot

POOL = (
    Example("a", "the printer eats paper and jams", "bug"),
    Example("b", "paper jams in the printer every morning", "bug"),
    Example("c", "please add a dark theme", "wish"),
    Example("d", "a darker theme for the night, please", "wish"),
    Example("e", "how do I change the language?", "question"),
)


def of(*rows: Example, pool: tuple[Example, ...] = POOL):
    return nearby(rows, pool, random.Random(0))


def test_the_most_similar_rows_vote_and_stand_next_to_the_text():
    row = Example("x", "could you add a theme that is dark", "?")
    assert of(row).votes() == ["wish"]
    [shots] = of(row).shots(2)
    assert [shot.text for shot in shots] == [POOL[3].text, POOL[2].text]


def test_they_are_those_that_a_prompt_with_neighbour_examples_would_carry():
    rows = (Example("x", "the printer jams", "?"), Example("y", "how do I get a dark theme?", "?"))
    few_shot = FewShot("similar", 3, tuple(Shot(row.text, row.label) for row in POOL))
    assert of(*rows).shots(3) == neighbours_from_prompt(few_shot, [row.text for row in rows])


def test_a_row_of_the_pool_sees_neither_itself_nor_its_near_duplicates():
    copies = tuple(Example(f"copy {n}", POOL[0].text.upper() + "!" * n, "question") for n in range(6))
    near = of(POOL[0], pool=(*POOL, *copies))
    [shots] = near.shots(3)
    assert len(shots) == 3 and not [shot for shot in shots if shot.text.lower().startswith(POOL[0].text)]
    assert near.votes(1) == ["bug"], "by the other printer, though six copies say question"


def test_where_nothing_is_alike_the_most_frequent_label_is_said():
    pool = (*POOL, Example("f", "zzz", "wish"))
    assert of(Example("x", "quux", "?"), pool=pool).votes() == ["wish"] == [most_frequent(pool)]


def test_a_pool_of_copies_alone_shows_nothing():
    near = of(POOL[0], pool=(POOL[0], Example("copy", POOL[0].text + ".", "wish")))
    assert near.shots() == [()] and near.votes() == ["bug"]


def test_votes_weigh_by_likeness():
    pool = (
        Example("near", "red apple pie", "pie"),
        Example("far1", "red car and bus", "car"),
        Example("far2", "red bus at dawn", "car"),
    )
    assert of(Example("x", "red apple pie with cream", "?"), pool=pool).votes(3) == ["pie"]


def test_a_large_pool_is_searched_in_part_and_the_same_part_for_a_seed():
    pool = tuple(Example(str(n), f"row {n} {n * n} {n % 97}", "a") for n in range(MOST_SEARCHED + 500))
    one, other = (nearby(pool[:2], pool, random.Random(4)).pool for _ in range(2))
    assert len(one) == MOST_SEARCHED and one == other
