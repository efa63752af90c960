from __future__ import annotations

import pytest

from core.data.fields import ColumnMap
from core.data.importing.update import FieldChange, fields_given, plan_update
from core.errors import UsageError
from core.types import Example

PRESENT = (
    Example("1", "a", "x", "why", split="train"),
    Example("2", "b", "y"),
    Example("3", "b", "y", excluded=True),
    Example("4", "gone", "x"),
)


def test_by_id_every_field_is_compared():
    update = plan_update(
        PRESENT, (Example("1", "a!", "y", "why"), Example("2", "b", "y"), Example("9", "new", "x")), "id"
    )
    assert update.changed == (FieldChange("1", "text", "a", "a!"), FieldChange("1", "label", "x", "y"))
    assert (update.same, update.absent, update.added) == (1, ("3", "4"), (Example("9", "new", "x"),))


def test_by_text_equal_texts_are_taken_in_turn_and_new_rows_get_a_free_id():
    incoming = (
        Example("7", "b", "y"),
        Example("8", "b", "x", excluded=True),
        Example("9", "b", "z"),
        Example("1", "new", "x"),
    )
    update = plan_update(PRESENT, incoming, "text")
    assert (
        update.changed == (FieldChange("3", "label", "y", "x"),)
        and update.same == 1
        and update.absent == ("1", "4")
    )
    assert update.added[0].id == "9" and update.added[1].id not in {"1", "2", "3", "4", "9"}


def test_a_first_label_takes_a_row_in_and_a_missing_one_takes_none_away():
    present = (
        Example("1", "a", "", excluded=True),
        Example("2", "b", "y"),
        Example("3", "c", "", excluded=True),
    )
    incoming = (
        Example("1", "a", "x"),
        Example("2", "b", "", excluded=True),
        Example("3", "c", "", excluded=True),
    )
    update = plan_update(present, incoming, "id", ("text", "label"))
    assert update.changed == (FieldChange("1", "label", "", "x"), FieldChange("1", "excluded", True, False))
    assert update.same == 2 and not update.added
    assert plan_update(present[1:2], incoming[1:2], "id").changed == ()


def test_a_file_without_a_column_says_nothing_about_it():
    fields = fields_given(ColumnMap(("text",), "label", id="id"))
    assert fields == ("text", "label")
    assert plan_update(PRESENT[:1], (Example("1", "a", "x"),), "id", fields).changed == ()
    assert plan_update(PRESENT[:1], (Example("1", "a", "x"),), "id").changed == (
        FieldChange("1", "note", "why", ""),
    ), "a split is kept"


def test_the_same_file_again_changes_nothing():
    assert plan_update(PRESENT, PRESENT, "id") == plan_update(PRESENT, PRESENT, "text")
    assert plan_update(PRESENT, PRESENT, "id").same == 4


def test_rows_are_found_again_by_id_or_text_only():
    with pytest.raises(UsageError):
        plan_update(PRESENT, PRESENT, "label")
