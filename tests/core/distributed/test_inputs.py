"""Files cut into blocks: each row is in one block, and reads as it does where the whole file is read."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.formats.format import ReadOptions
from core.data.formats.registry import open_file
from core.distributed.inputs import delimited_rows
from core.distributed.inputs.blocks import BLOCK_ROWS, RowSpan, blocks_of
from core.distributed.inputs.registry import plan_input, read_block
from core.errors import DataError, UsageError

ROWS = 2 * BLOCK_ROWS + 7


def check_same(path: Path, options: ReadOptions = ReadOptions()) -> int:
    """All blocks together are the table of the whole file; returns how many there are."""
    plan, head = plan_input(path, options)
    whole = open_file(path.read_bytes(), path.name, options)
    tables = [read_block(plan.layout, block) for block in plan.blocks]
    rows = [row for table in tables for row in table.rows]
    assert plan.layout.columns == whole.columns and rows == list(whole.rows) and plan.rows == len(rows)
    assert [block.number for block in plan.blocks] == list(range(len(plan.blocks)))
    assert list(head.rows) == rows[: len(head.rows)]
    return len(plan.blocks)


@pytest.mark.parametrize(
    ("name", "head", "row", "options"),
    [
        ("a.csv", "id,text\n", '{n},"line {n}, ""one""\nline two"\n', ReadOptions()),
        ("bom.csv", "\ufeffid,text\r\n", "{n},'=1+{n}\r\n", ReadOptions()),
        ("a.tsv", "id\ttext\n", "{n}\tit is, {n}\n", ReadOptions()),
        ("commas.tsv", "id\ttext,,\n", "{n}\tit is,, {n}\n", ReadOptions()),
        ("semicolons.csv", "id;text\n", "{n};a, b and {n}\n", ReadOptions()),
        ("one.csv", "text\n", "only a text, number {n}\n", ReadOptions()),
        ("bare.csv", "", "{n},text number {n}\n", ReadOptions(header=False)),
        ("latin.csv", "id,text\n", "{n},äöü {n}\n", ReadOptions(encoding="cp1252")),
        ("blank.csv", "id,text\n", "{n},a\n\n,\n", ReadOptions()),
        ("joined.csv", "text,label\n", "text {n},x\ntext,label\n", ReadOptions()),
        ("a.jsonl", "", '{{"id": {n}, "text": "é \\n {n}", "more": {{"at": 1.50}}}}\n', ReadOptions()),
        ("gaps.ndjson", "", '{{"text": "{n}"}}\n\n{{"text": "x", "k{n}": null}}\n', ReadOptions()),
    ],
)
def test_blocks_read_as_the_whole_file(tmp_path: Path, name: str, head: str, row: str, options: ReadOptions):
    rows = 300 if "k{n}" in row else ROWS
    text = head + "".join(row.format(n=number) for number in range(rows))
    (tmp_path / name).write_bytes(text.encode(options.encoding or "utf-8"))
    assert check_same(tmp_path / name, options) >= 2


@pytest.mark.parametrize("group", [ROWS, 300])
def test_parquet_is_cut_inside_its_row_groups(tmp_path: Path, group: int):
    table = pyarrow.table({"text": [f"t {n}" for n in range(ROWS)], "n": range(ROWS)})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=group)
    assert check_same(tmp_path / "a.parquet") == (3 if group == ROWS else 4)


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 7))
def test_every_row_is_in_one_block_but_for_blank_ones_at_the_end(blank: list[bool], most: int):
    spans = [RowSpan(10 * at, 10 * at + 9, each) for at, each in enumerate(blank)]
    blocks = list(blocks_of(spans, most))
    filled = max((at + 1 for at, each in enumerate(blank) if not each), default=0)
    assert sum(block.rows for block in blocks) == filled
    assert [block.number for block in blocks] == list(range(len(blocks)))
    assert all(block.rows == most for block in blocks[:-1])
    at = 0
    for block in blocks:
        assert (block.start, block.end) == (10 * at, 10 * (at + block.rows - 1) + 9)
        at += block.rows


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("titled.csv", "# made today, by hand\n# and so on\nid,text\n" + "1,a\n" * 9, "no plain table"),
        (
            "open.csv",
            "id,text\n" + "1,a\n" * 300 + '2,"b\n' + "1,a\n" * 9,
            "Line 302 cannot be read as cells",
        ),
        ("wide.csv", "id,text\n" + "1,a\n" * 300 + "1,a,b\n", "Line 302 has 3 cells"),
        ("latin.csv", "id,text\n" + "1,a\n" * 300 + "1,ä\n", "Line 302 is not UTF-8"),
        ("nul.csv", "id,text\n" + "1,a\n" * 300 + "1,\0\n", "Line 302 holds a NUL"),
        ("list.jsonl", '[{"text": "a"},\n{"text": "b"}]\n', "not one JSON object"),
        ("text.jsonl", '{"text": "a"}\nhello\n', "Line 2 is not one JSON object"),
        (
            "chat.jsonl",
            '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 3,
            "shape of its own",
        ),
        ("damaged.parquet", "PAR1 and nothing else", "damaged"),
        ("empty.csv", "", "empty"),
        ("empty.jsonl", "\n", "no objects"),
    ],
)
def test_what_cannot_be_cut_is_one_sentence(tmp_path: Path, name: str, content: str, words: str):
    (tmp_path / name).write_bytes(content.encode("cp1252"))
    with pytest.raises(DataError, match=words) as refused:
        plan_input(tmp_path / name, ReadOptions())
    assert "\n" not in str(refused.value)


def test_an_open_quotation_mark_does_not_take_the_file_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(delimited_rows, "MOST_ROW", 2_000)
    (tmp_path / "a.csv").write_text("id,text\n" + "1,a\n" * 300 + '2,"b\n' + "1,a\n" * 9_000)
    with pytest.raises(DataError, match="begins on line 302 "):
        plan_input(tmp_path / "a.csv", ReadOptions())


def test_other_files_and_encodings_are_refused(tmp_path: Path):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(UsageError, match=r"\.csv, \.tsv"):
        plan_input(tmp_path / "a.xlsx", ReadOptions())
    (tmp_path / "a.csv").write_bytes("text\na\n".encode("utf-16"))
    with pytest.raises(DataError, match="utf-16 cannot be cut"):
        plan_input(tmp_path / "a.csv", ReadOptions(encoding="utf-16"))


def test_a_file_that_has_changed_is_refused(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n" + "1,a\n" * 10)
    plan, _ = plan_input(path, ReadOptions())
    path.write_text("id,text\n" + "1,a\n" * 4)
    with pytest.raises(DataError, match="has changed"):
        read_block(plan.layout, plan.blocks[0])


def test_the_fingerprint_is_that_of_the_content(tmp_path: Path):
    seen = set()
    for name, content in (("a.csv", "text\na\n"), ("b.csv", "text\na\n"), ("c.csv", "text\nb\n")):
        (tmp_path / name).write_text(content)
        seen.add(plan_input(tmp_path / name, ReadOptions())[0].fingerprint)
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"text": ["a"]}), out)
    (tmp_path / "d.parquet").write_bytes(out.getvalue())
    seen.add(plan_input(tmp_path / "d.parquet", ReadOptions())[0].fingerprint)
    assert len(seen) == 3
