import pytest

from core.data.fields import ColumnMap
from core.data.importing.mapping import to_dataset
from core.data.importing.pasted import read_pasted, read_typed
from core.errors import DataError

FIVE = """Fix bug in LCEL,bug
Fix bug in documentation,documentation
Add Redis as a chat message store,integration
Let users pause, resume and stop an agent,new_feature
Make the splitter faster,improvement
"""


def test_five_topics_pasted_as_lines_are_a_dataset():
    table = read_pasted(FIVE)
    dataset = to_dataset(table, ColumnMap(("text",), "label"), "five").dataset
    assert len(dataset.examples) == 5
    assert dataset.examples[3].text == "Let users pause, resume and stop an agent"
    assert dataset.labels.names == ("bug", "documentation", "improvement", "integration", "new_feature")


def test_five_topics_typed_into_a_table_are_a_dataset():
    rows = [tuple(line.rsplit(",", 1)) for line in FIVE.splitlines()]
    assert read_typed([*rows, ("", "")]).rows == tuple(rows)


def test_lines_from_a_spreadsheet_are_cut_at_the_tab():
    assert read_pasted("a, b\tbug\nc\timprovement").rows == (("a, b", "bug"), ("c", "improvement"))


def test_lines_below_column_names_are_read_as_a_file():
    table = read_pasted('label,text\nbug,"a, b"\nimprovement,c\n')
    assert table.columns == ("label", "text") and table.rows == (("bug", "a, b"), ("improvement", "c"))


def test_quotation_marks_around_a_pasted_text_are_not_part_of_it():
    assert read_pasted('"a ""b"", c",bug').rows == (('a "b", c', "bug"),)


def test_blank_lines_are_left_out():
    assert len(read_pasted("\na,bug\n\n  \nb,bug\n").rows) == 2


@pytest.mark.parametrize(
    "text, told",
    [
        ("", "Nothing was pasted"),
        ("only a text", "Line 1 (“only a text”) has no label"),
        ("a,bug\nb,", "Line 2 (“b,”) has no label"),
        ("a,bug\n,bug", "Line 2 (“,bug”) has no text"),
    ],
)
def test_lines_that_are_no_rows_get_one_sentence(text, told):
    with pytest.raises(DataError) as error:
        read_pasted(text)
    assert told in str(error.value)


@pytest.mark.parametrize(
    "rows, told",
    [
        ([], "No rows yet"),
        ([("", "")], "No rows yet"),
        ([("a", "bug"), ("b", " ")], "Row 2 has no label"),
        ([("", "bug")], "Row 1 has no text"),
    ],
)
def test_half_typed_rows_get_one_sentence(rows, told):
    with pytest.raises(DataError) as error:
        read_typed(rows)
    assert told in str(error.value)
