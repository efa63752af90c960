"""The table of fields has every field of an example, and what lists them by hand agrees with it."""

from __future__ import annotations

from dataclasses import fields

from core.data.fields import COLUMNS, EDITABLE, FIELDS, ColumnMap, cell_values, metadata_of
from core.store.records import Change, Row
from core.store.rows.changes import checked_value
from core.store.schema.tables import examples
from core.types import Example


def names(record: type) -> set[str]:
    return {field.name for field in fields(record)}


def test_every_field_of_an_example_is_in_the_table():
    assert {field.name for field in FIELDS} == names(Example) - {"source", "reviewed"}  # no columns
    assert set(COLUMNS) == names(ColumnMap) - {
        *("template", "several", "unlabelled", "merge_labels", "bins", "answers")
    }


def test_every_field_is_stored():
    assert {field.name for field in FIELDS} <= names(Row) & set(examples.c.keys())


def test_what_can_be_edited_is_accepted_by_the_store():
    for field in EDITABLE:
        change = Change("1", field.name, True if field.kind == "flag" else "x")
        assert checked_value(change.field, change.value)


def test_values_go_out_in_the_order_of_the_columns_and_blank_ones_are_no_metadata():
    row = Example("1", "a", "x", canonical=True)
    assert dict(zip(COLUMNS, cell_values(row), strict=True))["canonical"] is True
    assert metadata_of(row) == {"id": "1", "canonical": True}
