"""Files that are broken, hostile or simply huge: one sentence each, nothing run, nothing fetched, no memory
eaten."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tracemalloc
import zipfile

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest

from core.data import table as table_limits
from core.data.formats.excel.parts import look_over, names_in_workbook
from core.data.formats.registry import open_file
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.errors import DataError
from tests.work import processor_limit


def refused(raw: bytes, name: str = "") -> str:
    with pytest.raises(DataError) as told:
        open_file(raw, name)
    message = str(told.value)
    assert "\n" not in message and message.endswith((".", "?")) and ". " not in message.replace("… ", ""), (
        "one sentence"
    )
    return message


def workbook(rows: list[list], **sheets: list[list]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, more in sheets.items():
        sheet = book.create_sheet(name)
        for row in more:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(raw: bytes, part: str, change) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return out.getvalue()


FOUR = [["text", "label"], ["a", "x"], ["b", "y"], ["c", "x"], ["d", "y"]]
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("raw", "name", "said"),
    [
        (b"", "a.json", "empty"),
        (b"PK\x03\x04rest", "a.xlsx", "damaged"),
        (b"PAR1rest", "a.parquet", "damaged"),
        (b"PAR1" + b"x" * 100 + b"PAR1", "a.csv", "damaged"),
        (b"\x1f\x8brest", "a.jsonl.gz", "damaged"),
        (b'{"text": "a", "label": "b"}\n{"text": oops}\n', "a.jsonl", "Line 2"),
        (b"[" * 100_000, "a.json", "nested"),
        (b'{"tests": "file://tests.csv", "prompts": []}', "a.json", "not opened"),
        (b"tests: file://tests.csv\nprompts: [x]\n", "a.yaml", "not opened"),
        (b"tests:\n  - vars: {text: 'a}\n", "a.yaml", "Line "),
        (b"key: value\n", "a.yaml", "no promptfoo tests"),
        (b"tests: " + b"[" * 5_000, "a.yaml", "not valid YAML"),
        (b"\x89PNG\r\n", "a.csv", "image"),
    ],
)
def test_a_broken_file_gets_one_sentence(raw: bytes, name: str, said: str):
    assert said in refused(raw, name)


def test_a_zip_bomb_is_refused_by_its_declared_size_whatever_its_name(monkeypatch):
    raw = repacked(workbook(FOUR), "xl/styles.xml", lambda part: part + b" " * 5_000_000)
    assert len(raw) < 20_000
    monkeypatch.setattr(table_limits, "MOST_BYTES", 4_000_000)
    assert "Unpacked" in refused(raw, "harmless.csv")


def test_entities_in_a_workbook_are_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c "&b;&b;">]>'
    raw = repacked(workbook(FOUR), SHEET, lambda part: bomb + part[part.find(b"<worksheet") :])
    assert "damaged or protected" in refused(raw)


@pytest.mark.parametrize("dimension", [b'ref="A1:XFD1048576"', b'ref="A1:A1"'])
def test_what_a_sheet_claims_about_its_size_is_not_believed(dimension: bytes):
    raw = repacked(workbook(FOUR), SHEET, lambda part: part.replace(b'ref="A1:B5"', dimension))
    assert len(open_file(raw).rows) == 4


def test_a_cell_in_the_last_row_does_not_make_a_million_rows():
    far = b'<row r="99999999"><c r="A99999999" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    assert (
        len(open_file(repacked(workbook(FOUR), SHEET, lambda part: part.replace(b"</sheetData>", far))).rows)
        == 4
    )


FAR = [
    b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    b"<row r='1048576'><c t=\"inlineStr\" r='XFD1048576'><is><t>x</t></is></c></row>",
    b'<row  r = "1048576"><c a=">" r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    b'<row r="5"><c r="A5"r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
    b'<c r="ZZZ9999999"><v>1</v></c>',
    b"<row>" + b"<c/>" * 9_000 + b"<c><v>1</v></c></row>" + b"<row/>" * 9_000 + b"<row><c><v>1</v></c></row>",
]


@pytest.mark.parametrize("far", FAR)
def test_cells_far_apart_neither_end_the_program_nor_fill_the_memory(far: bytes):
    raw = repacked(workbook(FOUR), SHEET, lambda part: part.replace(b"</sheetData>", far + b"</sheetData>"))
    parts = look_over(raw)
    assert parts.scattered and parts.raw is raw, "calamine never gets to see it"
    with contextlib.suppress(DataError):
        assert open_file(raw).rows[:4] == (("a", "x"), ("b", "y"), ("c", "x"), ("d", "y")) or far.startswith(
            (b"<c", b"<row>")
        )


def test_what_stands_far_below_the_table_is_not_read_and_that_is_told():
    far = b'<row r="20000"><c r="B20000"><v>1</v></c></row></sheetData>'
    table = open_file(repacked(workbook(FOUR), SHEET, lambda part: part.replace(b"</sheetData>", far)))
    assert len(table.rows) == 4 and any("blank rows" in notice for notice in table.notices)


def test_a_part_that_unpacks_to_more_than_it_says_is_cut_off_there():
    raw = bytearray(repacked(workbook(FOUR), SHEET, lambda part: part + b" " * 30_000_000))
    at = raw.index(b"PK\x01\x02")
    while bytes(raw[at + 46 : at + 46 + len(SHEET)]) != SHEET.encode():
        at = raw.index(b"PK\x01\x02", at + 4)
    raw[at + 24 : at + 28] = (5_000).to_bytes(4, "little")
    tracemalloc.start()
    assert "damaged" in refused(bytes(raw)) and tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_nothing_but_cells_is_handed_on():
    def with_more(raw: bytes) -> bytes:
        out = io.BytesIO(raw)
        with zipfile.ZipFile(out, "a") as archive:
            for name in (
                "xl/vbaProject.bin",
                "xl/externalLinks/externalLink1.xml",
                "xl/drawings/drawing1.xml",
                "xl/media/image1.png",
            ):
                archive.writestr(name, b"<row/>")
        return out.getvalue()

    parts = look_over(with_more(workbook(FOUR)))
    assert not parts.scattered and not any(
        "Project" in name or "Links" in name or "media" in name for name in names_in_workbook(parts.raw)
    )


def test_cells_that_show_an_error_are_empty_and_told():
    raw = repacked(
        workbook([*FOUR, ["e", "x"]]),
        SHEET,
        lambda part: re.sub(rb'<c r="A6"[^>]*>.*?</c>', b'<c r="A6" t="e"><v>#N/A</v></c>', part),
    )
    table = open_file(raw)
    assert table.rows[-1] == ("", "x") and any(
        "1 cell of the workbook shows an error" in notice for notice in table.notices
    )


def test_a_visible_sheet_is_read_before_a_hidden_one():
    book = openpyxl.Workbook()
    book.active.title = "secret"
    book.active.append(["hidden"])
    for row in FOUR:
        (book["shown"] if "shown" in book.sheetnames else book.create_sheet("shown")).append(row)
    book.create_chartsheet("chart")
    book["secret"].sheet_state = "hidden"
    book.active = 1
    out = io.BytesIO()
    book.save(out)
    table = open_file(out.getvalue())
    assert table.columns == ("text", "label") and table.notices == (
        "Only the sheet “shown” was read, and not “secret”.",
    )


def test_whole_numbers_stay_whole_and_blank_rows_inside_count():
    big = 9_007_199_254_740_991
    rows = [["text", "label", "n"], ["a", "x", 1.0], [], ["b", "y", big], ["c", "x", -0.25], ["d", "y", 1e30]]
    table = open_file(workbook([[], *([None, *row] for row in rows)]))
    assert table.columns == ("text", "label", "n"), "the column without a name and a value is left out"
    assert [row[2] for row in table.rows] == ["1", "", str(big), "-0.25", "1e+30"]


@pytest.mark.parametrize(
    "escaped",
    [
        "_xFFFF_",
        "_x005F_xFFFF_",
        "_x005f_x000D_",
        "_x000D__x000A_",
        "__x0041_",
        "_xZZZZ_",
        "_x005F__xFFFE_",
    ],
)
def test_both_readers_read_escaped_characters_alike(escaped: str):
    raw = workbook([*FOUR, [escaped, "x"]])
    together = open_file(raw)
    apart = open_file(
        repacked(raw, SHEET, lambda part: part.replace(b"</sheetData>", FAR[0] + b"</sheetData>"))
    )
    assert together.rows[4][0] == apart.rows[4][0] and together.rows[0] == ("a", "x")


def test_formulas_count_as_last_saved_and_are_never_calculated():
    raw = workbook([*FOUR, ["=1+1", "x"]])
    table = open_file(raw)
    assert table.rows[-1] == ("", "x") and any(
        "1 cell of the workbook holds a formula" in notice for notice in table.notices
    )


def test_one_sheet_is_read_and_the_others_are_named():
    table = open_file(workbook(FOUR, notes=[["keep out"]]))
    assert table.format == "Excel" and any("“notes”" in notice for notice in table.notices)


def test_cells_of_a_workbook_are_what_they_show():
    import datetime

    rows = [
        ["text", "label", "n"],
        ["a", True, 1],
        ["b", False, 1.5],
        ["c", True, datetime.date(2026, 11, 24)],
        ["NA", False, None],
    ]
    assert open_file(workbook(rows)).rows == (
        ("a", "true", "1"),
        ("b", "false", "1.5"),
        ("c", "true", "2026-11-24"),
        ("NA", "false", ""),
    )


def test_yaml_tags_are_skipped_and_told(tmp_path):
    target = tmp_path / "owned"
    raw = (
        "tests:\n- vars: {text: !!python/object/apply:os.system ['touch "
        + str(target)
        + "']}\n  assert: [{type: equals, value: a}]\n"
        "- vars: {text: fine}\n  assert: [{type: equals, value: !!python/name:os.system x}]\n"
    ).encode()
    table = open_file(raw)
    assert not target.exists() and any("nothing is fetched or run" in notice for notice in table.notices)


def test_blank_lines_of_a_yaml_file_are_passed_over_once():
    with processor_limit(), pytest.raises(DataError):
        open_file(b"description: x\n" + b"\n" * 200_000 + b"x: 1\n", "a.yaml")
    with processor_limit():
        assert open_file(b"description: x\n" + b"\n" * 200_000 + b"x: 1\n", "a.txt")


def test_merges_that_would_multiply_end_at_once():
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(40)) + "}"]
    lines += [f"a{n}: &a{n}\n  <<: [" + ", ".join([f"*a{n - 1}"] * 40) + "]" for n in range(1, 9)]
    assert refused(("\n".join([*lines, "tests: []"])).encode(), "a.yaml"), (
        "40 to the power of 9 keys were never made"
    )
    many = [lines[0], "b: {<<: [" + ", ".join(["*a0"] * 1_000) + "]}", "tests: []"]
    assert "YAML" in refused("\n".join(many).encode(), "a.yaml")


def test_references_that_multiply_are_refused():
    lines = ["a0: &a0 [lollollol, lollollol]"] + [
        f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, 9)
    ]
    lines.append("tests:\n  - vars: {text: {x: *a8}}\n    assert: [{type: equals, value: b}]")
    assert "leave them out" in refused("\n".join(lines).encode(), "a.yaml")


def parquet(columns: dict[str, list], metadata: dict | None = None) -> bytes:
    table = pyarrow.table(columns)
    out = io.BytesIO()
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata) if metadata else table, out)
    return out.getvalue()


def test_parquet_values_are_cells_and_class_numbers_get_their_names():
    told = {
        "info": {
            "features": {
                "label": {"names": ["neg", "pos"], "_type": "ClassLabel"},
                "text": {"dtype": "string"},
            }
        }
    }
    raw = parquet(
        {"text": ["a", "b", "c", "NA"], "label": [0, 1, -1, 1], "x": [1.5, None, 2.0, 1e30]},
        {"huggingface": json.dumps(told)},
    )
    table = open_file(raw)
    assert [row[:2] for row in table.rows] == [
        ("a", "neg"),
        ("b", "pos"),
        ("c", ""),
        ("NA", "pos"),
    ] and "“neg”" in table.notices[0]
    assert [row[2] for row in table.rows] == ["1.5", "", "2.0", "1e+30"]


def test_a_parquet_file_that_unpacks_to_more_than_is_allowed_is_refused(monkeypatch):
    raw = parquet({"text": ["x" * 1_000_000] * 50, "label": ["a", "b"] * 25})
    assert len(raw) < 200_000
    monkeypatch.setattr(table_limits, "MOST_BYTES", 10_000_000)
    assert "Unpacked" in refused(raw, "small.csv")


def test_argilla_columns_in_parquet_are_known():
    raw = parquet(
        {
            "text": list("abcd"),
            "label.responses": [["x"], ["y"], ["x", "y"], ["y"]],
            "label.responses.users": [["u"]] * 4,
        }
    )
    table = open_file(raw)
    rows = to_dataset(table, guess_columns(table), "x").dataset.examples
    assert table.format == "Argilla" and [row.label for row in rows] == ["x", "y", "x", "y"]


def test_a_quote_before_a_formula_is_undone_in_spreadsheets_only():
    rows = [
        {"text": "'=x", "label": "a"},
        {"text": "b", "label": "b"},
        {"text": "c", "label": "a"},
        {"text": "d", "label": "b"},
    ]
    table = open_file(json.dumps(rows).encode())
    assert to_dataset(table, guess_columns(table), "x").dataset.examples[0].text == "'=x"
    table = open_file(workbook([["text", "label"], ["'=x", "a"], ["b", "b"], ["c", "a"], ["d", "b"]]))
    assert to_dataset(table, guess_columns(table), "x").dataset.examples[0].text == "=x"


def test_broken_characters_of_json_are_replaced_and_told():
    rows = [
        {"text": text, "label": label}
        for text, label in (("a\0b \ud83d", "a"), ("b", "b"), ("c", "a"), ("d", "b"))
    ]
    table = open_file(json.dumps(rows).encode())
    result = to_dataset(table, guess_columns(table), "x")
    dataset, notices = result.dataset, result.notices
    assert dataset.examples[0].text == "a\ufffdb \ufffd" and any(
        "broken characters" in notice for notice in notices
    )
