from __future__ import annotations

import pytest

from core.data.fields import ColumnMap
from core.data.formats.reading.delimited import read_table
from core.data.importing.mapping import to_dataset
from core.data.templates import default_template
from core.errors import DataError

TABLE = read_table(b"question1,question2,label\n{question2} {x},why?,a\nc,d,b\ne,,a\ng,h,b\n")
BOTH = ("question1", "question2")


def texts(template: str, columns: tuple[str, ...] = BOTH) -> list[str]:
    return [
        row.text
        for row in to_dataset(TABLE, ColumnMap(columns, "label", template=template), "x").dataset.examples
    ]


def test_columns_are_put_where_the_template_says_and_cells_are_never_templates():
    assert texts("A {question1} B {question2} {label} {}")[:2] == [
        "A {question2} {x} B why? {label} {}",
        "A c B d {label} {}",
    ]


def test_the_default_template_is_what_is_done_without_one():
    assert texts(default_template(BOTH)) == texts("") and texts("")[1] == "Question 1: c\nQuestion 2: d"


def test_one_column_may_have_a_template():
    assert texts("Q: {question1}", ("question1",))[1] == "Q: c"


def test_a_template_that_forgets_a_column_is_refused():
    with pytest.raises(DataError, match="no place for the column “question2”"):
        texts("{question1}")
