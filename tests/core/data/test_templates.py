from __future__ import annotations

import pytest

from core.data.fields import ColumnMap
from core.data.formats.reading.delimited import read_table
from core.data.importing.mapping import to_dataset
from core.data.templates import default_template, template_notice, template_of, text_of_fields, with_fields_of
from core.errors import DataError
from core.types import TextTemplate

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


TOGETHER = TextTemplate(BOTH, "A {question1} B {question2}")


def test_rows_remember_how_they_were_put_together_and_single_columns_have_nothing_to_remember():
    columns = ColumnMap(BOTH, "label", template=TOGETHER.text)
    assert to_dataset(TABLE, columns, "x").dataset.template == template_of(columns) == TOGETHER
    assert template_of(ColumnMap(BOTH)).text == default_template(BOTH)
    assert template_of(ColumnMap(("question1",))) is None


def test_fields_make_the_text_that_a_file_makes_and_others_are_refused_by_name():
    fields = {"question2": " why? ", "question1": "{question2} {x}"}
    assert text_of_fields(TOGETHER, fields) == texts(TOGETHER.text)[0] == "A {question2} {x} B why?"
    assert text_of_fields(TOGETHER, {"question1": " ", "question2": ""}) == ""
    for given, words in (
        ({"question1": "a"}, "The field “question2” is missing: the prompt takes “question1”, “question2”."),
        ({**fields, "id": "7"}, "The field “id” is not known"),
        ({**fields, "question1": 7}, "The field “question1” holds no text"),
    ):
        with pytest.raises(DataError, match=words):
            text_of_fields(TOGETHER, given)
    with pytest.raises(DataError, match="takes one text and no fields"):
        text_of_fields(None, fields)


def test_a_file_has_the_fields_of_the_prompt_or_ready_made_texts_or_is_refused():
    def chosen(content: bytes, given: ColumnMap = ColumnMap()) -> tuple[tuple[str, ...], str]:
        columns = with_fields_of(given, read_table(content), TOGETHER)
        return columns.text, columns.template

    both = b"question2,text,question1\nb,c,a\n"
    assert chosen(both) == (BOTH, TOGETHER.text)
    assert chosen(both, ColumnMap(("question2", "question1"))) == (BOTH, TOGETHER.text)
    assert chosen(both, ColumnMap(("text",))) == (("text",), "")
    assert chosen(both, ColumnMap(template="{text}!")) == (("text",), "{text}!")
    assert chosen(b"Text,label\nc,a\n") == (("Text",), "")
    with pytest.raises(
        DataError,
        match="no column “question2”: add it, or give texts that are ready to be sent, in a column named text",
    ):
        chosen(b"question1,label\na,b\n")
    with pytest.raises(DataError, match="names no column of the file"):
        chosen(both, ColumnMap(template="{answer}"))


def test_another_template_than_that_of_the_prompt_is_said():
    other = TextTemplate(BOTH, "{question2} {question1}")
    assert "by a template of its own" in template_notice(TOGETHER, other)
    assert {template_notice(*pair) for pair in ((TOGETHER, TOGETHER), (None, other), (TOGETHER, None))} == {
        ""
    }
