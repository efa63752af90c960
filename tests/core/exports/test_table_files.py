"""Every ending that can be written comes back as the same rows."""

from __future__ import annotations

import io
import itertools

import pyarrow.parquet
import pytest

from core.data.formats.registry import open_file
from core.errors import UsageError
from core.exports.table_files import (
    GROWING,
    check_ending,
    for_spreadsheets,
    table_bytes,
    table_chunks,
    table_endings,
)

HEADER = ("text", "label")
ROWS = [["a, “b”\nand\tc", "bug"], ["0042", ""], ["_x000D_\r", "idea"]]


@pytest.mark.parametrize("ending", table_endings())
def test_what_is_written_is_read_back(ending: str):
    table = open_file(table_bytes("Out" + ending.upper(), HEADER, ROWS), "out" + ending)
    assert table.columns == HEADER and [list(row) for row in table.rows] == ROWS


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".json", ".parquet"])
def test_half_a_character_in_a_reply_makes_no_file_that_others_cannot_read(ending: str):
    table = open_file(table_bytes("out" + ending, HEADER, [["é", "half \ud83d"]]), "out" + ending)
    assert [list(row) for row in table.rows] == [["é", "half ?"]]


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


@pytest.mark.parametrize("ending", GROWING)
@pytest.mark.parametrize("cuts", [(0, 3), (0, 1, 1, 3), (0,)])
def test_a_file_written_part_by_part_is_the_one_written_at_once(ending: str, cuts: tuple[int, ...]):
    rows = [*ROWS, ["=1+1", "Ünïcode"]][:3]
    parts = [rows[start:end] for start, end in itertools.pairwise(cuts)]
    written = b"".join(table_chunks("out" + ending, HEADER, iter(parts)))
    at_once = table_bytes("out" + ending, HEADER, [row for part in parts for row in part])
    if ending == ".parquet":
        read = [pyarrow.parquet.read_table(io.BytesIO(content)).to_pydict() for content in (written, at_once)]
        assert read[0] == read[1]
    else:
        assert written == at_once


def test_no_more_than_a_part_is_in_memory_and_other_endings_are_refused():
    taken = []
    parts = (taken.append(number) or [[str(number), ""]] for number in range(4))
    chunks = table_chunks("out.parquet", HEADER, parts)
    assert next(chunks) and taken == [0]
    assert next(chunks) and taken == [0, 1]
    with pytest.raises(UsageError, match="part by part"):
        next(table_chunks("out.xlsx", HEADER, iter([])))
