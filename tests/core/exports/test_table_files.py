"""Every ending that can be written comes back as the same rows."""

from __future__ import annotations

import pytest

from core.data.formats.registry import open_file
from core.errors import UsageError
from core.exports.table_files import check_ending, for_spreadsheets, table_bytes, table_endings

HEADER = ("text", "label")
ROWS = [["a, “b”\nand\tc", "bug"], ["0042", ""], ["_x000D_\r", "idea"]]


@pytest.mark.parametrize("ending", table_endings())
def test_what_is_written_is_read_back(ending: str):
    table = open_file(table_bytes("Out" + ending.upper(), HEADER, ROWS), "out" + ending)
    assert table.columns == HEADER and [list(row) for row in table.rows] == ROWS


def test_no_ending_is_csv_and_an_unknown_one_names_those_there_are():
    assert (
        table_bytes("-", HEADER, ROWS[1:2])
        == table_bytes("/dev/fd/63", HEADER, ROWS[1:2])
        == b"text,label\r\n0042,\r\n"
    )
    assert for_spreadsheets("-") and not for_spreadsheets("a.jsonl")
    for name in ("a.docx", "a.gz", "a.xlsx.gz", "a.csv.zip"):
        with pytest.raises(UsageError, match="end its name in “"):
            check_ending(name)
