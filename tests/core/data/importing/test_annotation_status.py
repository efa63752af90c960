"""Columns beside text and label that say that a label is no answer."""

from __future__ import annotations

import pytest

from core.data.importing.columns import guess_columns
from core.data.importing.mapping import ImportResult, to_dataset
from core.data.table import Table
from core.errors import DataError


def imported(columns: str, *last: str, label: str = "") -> ImportResult:
    """Eight rows of text and label, in the further columns the values of `last` by turns."""
    names = ("text", "label", *columns.split(","))
    values = [last[number % len(last)].split(",") for number in range(8)]
    rows = tuple((f"text {number}", label or "abb"[number % 3], *each) for number, each in enumerate(values))
    table = Table(names, rows, "utf-8", ",", ())
    return to_dataset(table, guess_columns(table), "x", to_tune=False)


@pytest.mark.parametrize(
    ("column", "values", "left_out"),
    [
        ("answer", ("accept", "reject"), {"rejected by the annotator": 4}),
        ("answer", ("accept", "ignore", "reject", "accept"), {"ignored by the annotator": 2, "rejected by the annotator": 2}),
        ("status", ("submitted", "discarded"), {"discarded by the annotator": 4}),
        ("Status", ("Submitted", "Draft"), {"only a draft": 4}),
        ("label.responses.status", ("submitted", "pending"), {"not answered yet": 4}),
        ("was_cancelled", ("False", "True"), {"cancelled by the annotator": 4}),
        ("skipped", ("0", "1", "0", "0"), {"skipped by the annotator": 2}),
        ("annotation_approver", ("anna", ""), {"not approved": 4}),
        ("annotation_approver", ("anna", "null"), {"not approved": 4}),
        ("is_confirmed", ("true", "false"), {"not approved": 4}),
        ("rating", ("good", "bad", "good", ""), {"rated bad": 2}),
        ("thumbs", ("👍", "👎"), {"rated bad": 4}),
        ("quality", ("good", "bad"), {"rated bad": 4}),
        ("review", ("approved", "rejected"), {"rejected by the annotator": 4}),
        ("is_valid", ("1", "0"), {"not approved": 4}),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_left_out_and_counted(column, values, left_out):
    result = imported(column, *values)
    assert dict(result.left_out) == left_out and len(result.dataset.examples) == 8 - sum(left_out.values())
    assert all(reason in " ".join(result.notices) for reason in left_out)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("status", ("open", "pending")),
        ("status", ("pending",)),
        ("annotation_approver", ("",)),
        ("rating", ("1", "5")),
        ("skipped", ("stone", "rope")),
        ("answer", ("yes", "no")),
    ],
)
def test_what_only_sounds_like_it_leaves_nothing_out(column, values):
    assert not imported(column, *values).left_out


def test_a_rating_that_is_what_the_text_is_about_leaves_nothing_out():
    rows = tuple((f"t{n}", ("negative", "positive")[n % 2], ("bad", "good")[n % 2]) for n in range(8))
    table = Table(("text", "label", "rating"), rows, "utf-8", ",", ())
    assert not to_dataset(table, guess_columns(table), "x").left_out


def test_a_file_without_any_answer_is_refused_with_the_reason():
    with pytest.raises(DataError, match="rejected by the annotator"):
        imported("answer", "reject")
