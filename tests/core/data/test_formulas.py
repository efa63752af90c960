import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.data.formats.registry import open_file
from core.data.formulas import escape_formula, escape_quote, unescape_formula
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.exports.table_files import table_bytes

CELLS = st.text(alphabet="'=+-@\t\r\n,\"5.e＝ab é", max_size=6)
SIGNS = tuple("=+-@\t\r\n＝＋－＠")


@given(CELLS)
def test_undoing_takes_away_exactly_what_was_put_before(cell: str):
    assert unescape_formula(escape_formula(cell)) == cell == unescape_formula(escape_quote(cell))


@pytest.mark.parametrize("number", ["-5", "+5", "-0.25", "-1e-05", "+1.5E+10"])
def test_a_number_is_no_formula_and_what_looks_like_an_escaped_one_is_kept(number: str):
    assert escape_formula(number) == number and unescape_formula("'" + number) == number
    assert escape_formula("'" + number) == "''" + number


@pytest.mark.parametrize(
    "cell", ["-5+cmd|' /C calc'!A0", "-5-5", "+44 20", "-", "-5\n", "-٣", "＝1", "\r", "\n=1"]
)
def test_what_only_begins_like_a_number_is_escaped(cell: str):
    assert escape_formula(cell) == "'" + cell


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "jsonl"])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), CELLS)
@example([("", "5\r")], "5\r5")
@example([("", "5\t\r\t")], "")
@example([("", "5\t\r\t"), ("", "")], "")
@settings(max_examples=40, deadline=None)
def test_a_table_that_goes_out_comes_back_the_same(ending: str, rows: list[tuple[str, str]], name: str):
    header = ("text", "x" + name.strip(), "=last")
    table = [("row " + one, other if other.strip() else "", "end") for one, other in rows]
    read = open_file(table_bytes(f"out.{ending}", header, table), f"out.{ending}")
    assert read.columns == header and list(read.rows) == table


def test_commas_in_a_file_of_tabs_do_not_cut_it():
    header, row = ("text", "x,,", "=last"), ("row ", ",,", "end")
    read = open_file(table_bytes("out.tsv", header, [row]), "out.tsv")
    assert (read.columns, read.rows) == (header, (row,))


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_no_cell_of_a_written_table_begins_a_formula(cells: list[str]):
    raw = table_bytes("out.csv", cells, [cells])
    written = [cell for row in csv.reader(io.StringIO(raw.decode(), newline="")) for cell in row]
    assert not [cell for cell in written if cell.startswith(SIGNS) and not _is_number(cell)]


def test_cells_that_were_mended_are_told_column_names_too():
    table = open_file(b"text,'=label\n'=1+1,a\nb,b\nc,a\nd,b\n")
    result = to_dataset(table, guess_columns(table), "n")
    assert table.columns == ("text", "=label") and result.dataset.examples[0].text == "=1+1"
    assert [notice for notice in table.notices if "2 cells began with '" in notice]


def _is_number(cell: str) -> bool:
    try:
        return float(cell) is not None and "_" not in cell
    except ValueError:
        return False
