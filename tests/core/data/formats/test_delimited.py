"""Files as people bring them: each reads right, or is refused in one clear sentence."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.formats.reading.delimited import read_table, read_text
from core.data.formats.reading.long_text import LongText
from core.errors import DataError
from tests.work import assert_linear

ROWS = (("It crashes", "bug"), ("Add dark mode", "feature"))


def refused(raw: bytes, encoding: str = "") -> str:
    with pytest.raises(DataError) as caught:
        read_table(raw, encoding)
    message = str(caught.value)
    assert message.endswith((".", "?")) and "\n" not in message
    return message


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter_is_found(delimiter):
    table = read_table("\n".join(delimiter.join(row) for row in (("text", "label"), *ROWS)).encode())
    assert (table.columns, table.rows, table.delimiter, table.notices) == (
        ("text", "label"),
        ROWS,
        delimiter,
        (),
    )


def test_delimiters_inside_the_text_do_not_mislead():
    raw = b'text;label\n"one, two, three | four";bug\nfive, six, seven;feature\n'
    table = read_table(raw)
    assert table.delimiter == ";"
    assert table.rows == (("one, two, three | four", "bug"), ("five, six, seven", "feature"))


def test_a_header_with_two_delimiters_is_cut_as_its_rows_are():
    table = read_table(b"text, or title;label\na;bug\nb;feature\n")
    assert table.columns == ("text, or title", "label")


def test_excels_separator_line_is_obeyed_and_not_data():
    table = read_table(b"sep=;\r\ntext;label\r\na,b;bug\r\n")
    assert (table.columns, table.rows) == (("text", "label"), (("a,b", "bug"),))
    assert "Line 3 " in refused(b"sep=;\r\ntext;label\r\na;b;c\r\n")


def test_a_file_of_one_column_keeps_commas_and_quotes_in_its_text():
    table = read_table(b'text\nHello, world; you\n"quoted, too"\n"Well" she said, "yes"\n')
    assert table.columns == ("text",)
    assert [row[0] for row in table.rows] == ["Hello, world; you", '"quoted, too"', '"Well" she said, "yes"']
    assert len(table.notices) == 1


def test_a_quoted_cell_of_one_column_loses_its_quotes():
    assert read_table(b'text\n"a, b"\n').rows == (("a, b",),)


@pytest.mark.parametrize(
    "value",
    [
        "NA",
        "None",
        "null",
        "NaN",
        "001",
        "1e5",
        "TRUE",
        "  leading",
        "trailing  ",
        "",
        "=1+1",
        "'x",
        "<b>",
        "🐛",
    ],
)
def test_cells_stay_exactly_what_they_are(value):
    assert read_table(f"text,label\nsome text,{value}\n".encode()).rows == (("some text", value),)


def test_newlines_and_doubled_quotes_in_quoted_cells_are_text():
    table = read_table(b'text,label\n"first\nsecond ""line""\r\nthird",bug\n')
    assert table.rows == (('first\nsecond "line"\r\nthird', "bug"),)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_newline_ends_a_row(newline):
    assert read_table(newline.join(["text,label", "a,bug", "b,feature", ""]).encode()).rows == (
        ("a", "bug"),
        ("b", "feature"),
    )


def test_mixed_newlines_are_read():
    assert read_table(b"text,label\r\na,bug\nb,feature\rc,bug\n").rows == (
        ("a", "bug"),
        ("b", "feature"),
        ("c", "bug"),
    )


def test_a_line_separator_inside_a_text_does_not_end_the_row():
    assert read_table("text,label\na\u2028b\x0bc,bug\n".encode()).rows == (("a\u2028b\x0bc", "bug"),)


# ---- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_files_with_and_without_a_mark_are_read(encoding):
    table = read_table("text,label\nGrüße 🐛,bug\n".encode(encoding))
    assert (table.columns, table.rows, table.notices) == (("text", "label"), (("Grüße 🐛", "bug"),), ())


def test_windows_1252_is_read_with_a_notice_that_names_the_way_out():
    table = read_table("text,label\nplain,bug\nGrüße – “so”,bug\n".encode("cp1252"))
    assert table.rows[1] == ("Grüße – “so”", "bug")
    assert table.encoding == "cp1252"
    assert (
        "Windows-1252" in table.notices[0]
        and "line 3" in table.notices[0]
        and "another encoding" in table.notices[0]
    )


def test_a_chosen_encoding_is_used():
    raw = "text,label\nпривет,bug\n".encode("cp1251")
    assert read_table(raw, "cp1251").rows == (("привет", "bug"),)
    assert read_table("text,label\nа,bug\n".encode("utf-16-le"), "utf-16-le").rows == (("а", "bug"),)


def test_a_mark_is_no_part_of_the_first_name_when_the_encoding_is_chosen():
    assert read_table("text,label\na,bug\n".encode("utf-8-sig"), "utf-8").columns == ("text", "label")


def test_unreadable_bytes_are_refused_with_the_way_out():
    assert "encoding" in refused(b"text,label\n\x81\x8d,bug\n")
    assert "utf-8" in refused(b"text,label\n\xff,bug\n", "utf-8")
    assert "damaged" in refused("text,label\na,bug\n".encode("utf-16") + b"x")
    assert "no text encoding" in refused(b"text,label\na,bug\n", "klingon")
    assert "no text encoding" in refused(b"text,label\na,bug\n", "base64")


# ---- what cannot be used


@pytest.mark.parametrize("raw", [b"", b"\n\n \r\n", b"\xef\xbb\xbf", b",,\n,,\n", b"sep=;\n"])
def test_an_empty_or_blank_file_is_refused(raw):
    assert "empty" in refused(raw)


@pytest.mark.parametrize(
    "raw", [b"text,label", b"text,label\n", b"text,label\n\n\n", b"text,label\n,\n , \n"]
)
def test_a_header_without_rows_is_refused(raw):
    message = refused(raw)
    assert "no rows" in message and "“text”, “label”" in message


def test_archives_and_workbooks_are_refused_with_what_to_do():
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "save the table as CSV" in refused(memory.getvalue())
    assert "Excel" in refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))


def test_bytes_that_are_no_text_are_refused():
    assert "NUL" in refused(b"text,label\na\x00b,bug\n")
    assert "utf-16" in refused("text,label\na,bug\n".encode("utf-16-le"))


@pytest.mark.parametrize(
    "raw", [b'{"text": "a", "label": "b"}\n', b' [\n {"text": "a"}]', b"<!DOCTYPE html><p>", b"<HTML>"]
)
def test_json_and_web_pages_are_refused_by_name(raw):
    assert "not like CSV" in refused(raw)


def test_too_many_columns_are_refused():
    header = ",".join(f"c{i}" for i in range(10_000))
    assert "10,000 columns" in refused(f"{header}\n{header}\n".encode())


def test_a_row_with_too_many_cells_is_refused_by_its_line():
    message = refused(b'text,label\n"two\nlines",bug\nHello, world,bug\n')
    assert "Line 4 " in message and "3 cells" in message and "“Hello”" in message


def test_a_quote_that_is_never_closed_is_refused_by_its_line():
    assert "Line 3 " in refused(b'text,label\na,bug\n"b,bug\nc,bug\nd,bug\n')
    assert "Line 2 " in refused(b'text,label\n"a" b,bug\n')


# ---- what is mended


def test_tab_separated_files_without_quoting_are_read_with_a_notice():
    table = read_table(b'text\tlabel\n"Well" she said\tbug\nit is 5" wide\tfeature\n')
    assert table.rows == (('"Well" she said', "bug"), ('it is 5" wide', "feature"))
    assert len(table.notices) == 1


def test_quotation_marks_that_would_swallow_rows_are_characters():
    glue = b'id\tsentence\tlabel\n0\tplease refund\tbilling\n1\t"Best app ever\tbug\n2\tcharged twice\tbilling\n3\tscreen of 15"\tbug\n'
    assert [row[0] for row in read_table(glue).rows] == ["0", "1", "2", "3"]
    comma = b'text,label\n"Best he said,bug\ncharged,billing\nscreen of 15",billing\nit crashes,bug\nrefund,billing\n'
    table = read_table(comma)
    assert table.rows[0] == ('"Best he said', "bug") and len(table.rows) == 5 and "line 3" in table.notices[0]
    letter = b'text,label\n"Hello, world\nsecond line",bug\nfoo,bug\n'
    assert read_table(letter).rows == (("Hello, world\nsecond line", "bug"), ("foo", "bug"))


def test_one_bad_byte_costs_one_letter():
    raw = "text,label\ncafé,bug\nnaïve,idea\n".encode() + b"cut \xc3,bug\n"
    for encoding in ("", "utf-8"):
        table = read_table(raw, encoding)
        assert table.rows == (("café", "bug"), ("naïve", "idea"), ("cut �", "bug"))
        assert "1 place" in table.notices[0] and "line 4" in table.notices[0]


@pytest.mark.parametrize(
    ("raw", "columns"),
    [
        ("# made by x, 2024\n\ntext,label\na,bug\n", ("text", "label")),
        ("Report of 2024\ntext;label\na, b;bug\n", ("text", "label")),
        ("#id\ttext\tlabel\n1\ta\tbug\n", ("id", "text", "label")),
        ("sep=^\ntext^label\na,b^bug\n", ("text", "label")),
    ],
)
def test_titles_and_comments_above_the_names_are_left_out(raw: str, columns: tuple[str, ...]):
    assert read_table(raw.encode()).columns == columns


@pytest.mark.parametrize(
    "raw",
    [
        '"4","7","NO_QUERY","please refund my order"\n"0","8","NO_QUERY","app crashes on start"\n"4","9","NO_QUERY","x"\n',
        "ham\tGo until jurong point\nham\tOk lar joking\nspam\tFree entry in 2\n",
        "gj04\t1\t\tOur friends come\ngj04\t1\t\tOne more here\ngj05\t0\t*\tThe more we\n",
        "please refund my order\napp crashes on start\nit is broken, again\n",
        "please refund\n\napp crashes\nit is broken, again\n",
    ],
)
def test_a_first_line_like_the_others_is_a_row(raw: str):
    table = read_table(raw.encode())
    assert len(table.rows) == 3 and table.columns[0] == "column 1" and "read as a row" in table.notices[-1]


@pytest.mark.parametrize(
    "raw",
    [
        "message,spam\nfree money now,spam\nhi there friend,ham\n",
        ",text,label\n0,a b c,bug\n1,b c d,idea\n",
        "0,1\nsome text here,bug\nother text here,bug\n",
        "Customer message\nplease do this\nand that too\n",
    ],
)
def test_names_stay_names(raw: str):
    assert len(read_table(raw.encode()).rows) == 2


def test_who_knows_better_chooses_the_delimiter_and_whether_there_are_names():
    text = "text^label\na,b^bug\n"
    assert read_text(LongText.of(text), "utf-8", [], "^").rows == (("a,b", "bug"),)
    assert read_text(LongText.of(text), "utf-8", [], "^", header=False).columns == ("column 1", "column 2")
    assert read_text(LongText.of("a b c\td\na b d\td\n"), "utf-8", [], "tab", header=True).columns == (
        "a b c",
        "d",
    )
    with pytest.raises(DataError, match="one character"):
        read_text(LongText.of(text), "utf-8", [], "::")


def test_names_that_stand_between_files_put_together_are_counted():
    table = read_table(b"text,label\na,bug\ntext,label\nb,bug\n")
    assert len(table.rows) == 2 and table.left_out == {"the column names once more": 1}


def test_rows_with_too_few_cells_are_padded_and_counted():
    table = read_table(b"text,label,note\na,bug\nb,bug,n\nc\n")
    assert table.rows == (("a", "bug", ""), ("b", "bug", "n"), ("c", "", ""))
    assert "2 rows" in table.notices[0] and "line 2" in table.notices[0]


def test_empty_lines_anywhere_are_skipped():
    assert read_table(b"\n\ntext,label\n\na,bug\n\n\nb,bug\n\n,\n\n").rows == (("a", "bug"), ("b", "bug"))


def test_repeated_column_names_become_unique_with_a_notice():
    table = read_table(b"text,text,text (2),label\n1,2,3,bug\n")
    assert table.columns == ("text", "text (3)", "text (2)", "label")
    assert "“text”" in table.notices[0]


def test_empty_surplus_columns_of_a_spreadsheet_are_left_out():
    assert read_table(b"text,label,,\na,bug,,\nb,bug,,,,\n").columns == ("text", "label")


def test_a_nameless_column_with_values_keeps_them():
    table = read_table(b",text,label\n7,a,bug\n")
    assert (table.columns, table.rows) == (("column 1", "text", "label"), (("7", "a", "bug"),))


# ---- size


def test_a_cell_of_a_megabyte_is_read_whole():
    cell = "word, " * 175_000
    assert read_table(f'text,label\n"{cell}",bug\n'.encode()).rows[0] == (cell, "bug")


def many_rows(count: int) -> bytes:
    rows = (f'"Row {i}, with a ""quoted"" word",label {i % 7}\n' for i in range(count))
    return ("text,label\n" + "".join(rows)).encode()


def test_the_work_of_reading_grows_with_the_number_of_rows():
    assert_linear(lambda count: lambda: read_table(many_rows(count)), 1_000)
    table = read_table(many_rows(100_000))
    assert len(table.rows) == 100_000 and table.rows[-1] == ('Row 99999, with a "quoted" word', "label 4")


# ---- properties


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(raw):
    try:
        table = read_table(raw)
    except DataError:
        return
    assert table.rows and all(len(row) == len(table.columns) for row in table.rows)
    assert len(set(table.columns)) == len(table.columns)


cells = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=20
).filter(str.strip)


@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_pythons_csv_module_writes_is_read_back_exactly(rows, delimiter, newline):
    memory = io.StringIO(newline="")
    csv.writer(memory, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(
        [("text", "label"), *rows]
    )
    assert read_table(memory.getvalue().encode()).rows == tuple(rows)
