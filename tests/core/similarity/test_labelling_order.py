"""Which row to label next, on rows that leave nothing to compare."""

from __future__ import annotations

import pytest

from core.similarity.labelling_order import RowSpace
from core.types import Example


@pytest.mark.parametrize(
    "texts", [["one"], ["same"] * 5, ["", " ", "…"], ["!", "?", "a"], ["字", "字字", "x" * 9_000]]
)
def test_rows_that_leave_nothing_to_compare_have_an_order_too(texts: list[str]):
    rows = [Example(f"r{n}", text, "") for n, text in enumerate(texts)]
    space, ids = RowSpace.of(rows), [row.id for row in rows]
    assert sorted(space.order({}, ids, 10)) == sorted(ids)
    assert sorted(space.order({"r0": "a"}, [*ids[1:], "elsewhere"], 2)) == sorted(ids[1:])
    assert space.votes({}, ids) == space.votes({"elsewhere": "a"}, ids) == {}


def test_a_row_between_two_labels_is_less_sure_than_one_beside_its_like():
    rows = [
        Example("a", "card was charged twice", ""),
        Example("b", "password does not work", ""),
        Example("near", "my card was charged", ""),
        Example("between", "card password", ""),
    ]
    votes = RowSpace.of(rows).votes({"a": "billing", "b": "login"}, ["near", "between"])
    near, between = votes["near"], votes["between"]
    assert near.label == "billing" and near.margin > between.margin and near.nearest[0][0] == "a"
    assert 0 <= between.margin <= near.share <= 1
