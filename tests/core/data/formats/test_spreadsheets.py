"""Workbooks as they look in Excel: the right sheet, numbers as shown, merged and hidden cells; older and other kinds
of spreadsheets."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from core.data.formats.excel.number_formats import shown
from core.data.formats.format import ReadOptions
from core.data.formats.registry import open_file
from core.errors import DataError

NAMES = ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
NAMES += 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
EMPTY_CELLS = '<table:table-cell table:number-columns-repeated="16384"/>'
EMPTY_BELOW = f'<table:table-row table:number-rows-repeated="1048000">{EMPTY_CELLS}</table:table-row>'


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def two_sheets() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Instructions"
    for line in ("How to label", "Choose billing or bug"):
        book.active.append([line])
    data = book.create_sheet("Data")
    for row in (["text", "label"], ["a", "x"], ["b", "y"]):
        data.append(row)
    return saved(book)


def open_document(rows: str, manifest: str = "") -> bytes:
    out = io.BytesIO()
    content = (
        f'<office:document-content{NAMES}><office:body><office:spreadsheet><table:table table:name="S">{rows}'
    )
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
        archive.writestr(
            "content.xml",
            content + "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


def line(*cells: str, times: int = 1) -> str:
    inner = "".join(
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{times}"><text:p>{cell}</text:p></table:table-cell>'
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{times}">{inner}</table:table-row>'


def test_the_sheet_with_a_text_and_a_label_is_read_unless_another_is_asked_for():
    table = open_file(two_sheets())
    assert (table.sheet, table.sheets, len(table.rows)) == ("Data", ("Instructions", "Data"), 2)
    assert "“Data” was read, and not “Instructions”" in table.notices[0]
    assert open_file(two_sheets(), options=ReadOptions(sheet="instructions")).sheet == "Instructions"
    with pytest.raises(DataError, match="no sheet “Rows”; it has “Instructions”, “Data”"):
        open_file(two_sheets(), options=ReadOptions(sheet="Rows"))


def test_sheets_that_are_named_after_parts_are_parts():
    book = openpyxl.Workbook()
    book.active.title = "Train set"
    for sheet in (book.active, book.create_sheet("Dev"), book.create_sheet("Notes")):
        sheet.append(["text", "label"] if sheet.title != "Notes" else ["by", "whom"])
        sheet.append([f"of {sheet.title}", "x"])
    table = open_file(saved(book))
    assert table.columns == ("text", "label", "split") and [row[2] for row in table.rows] == [
        "train",
        "validation",
    ]
    assert "1 other sheet was not read: “Notes”" in table.notices[0]
    assert len(open_file(saved(book), options=ReadOptions(sheet="dev")).rows) == 1


def test_cells_are_what_excel_shows():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Labels of 2024"],
        ["text", "label", "share", "on"],
        ["a", 42, 0.25, datetime.datetime(2024, 1, 5)],
        ["b", 7, 1, 1.0],
        ["c", None, 12345678901234, "z"],
    ):
        sheet.append(row)
    for at in (3, 4):
        sheet.cell(at, 2).number_format, sheet.cell(at, 3).number_format = "0000", "0%"
    sheet.cell(4, 4).number_format = "0.0"
    sheet.merge_cells("B4:B5")
    sheet.row_dimensions[5].hidden = True
    table = open_file(saved(book))
    assert table.rows == (
        ("a", "0042", "25%", "2024-01-05"),
        ("b", "0007", "100%", "1.0"),
        ("c", "0007", "12345678901234", "z"),
    )
    told = " ".join(table.notices)
    assert "hidden in Excel" in told and "merged" in told and "“Labels of 2024”" in told


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (-5, "#,##0;(#,##0)", "(5)"),
        (1234.5, '"$"#,##0.00', "$1,234.50"),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"),
        (5551234567, "(000) 000-0000", "(555) 123-4567"),
        (1_500_000, '0.0,,"M"', "1.5M"),
        (12345.678, "0.00E+00", "1.23E+04"),
        (42, "[Red]0000;General", "0042"),
        (3, "General", None),
        (45000, "yyyy-mm-dd", None),
        (0.5, "# ?/?", None),
    ],
)
def test_number_formats(value: float, code: str, text: str | None):
    assert shown(value, code) == text


def test_older_and_open_spreadsheets_are_read():
    old = open_file((Path(__file__).parent / "spreadsheets" / "codes.xls").read_bytes())
    assert old.rows == (("café a", "x", "42"), ("b", "y", "7")) and "0042" in old.notices[0]
    binary = open_file((Path(__file__).parent / "spreadsheets" / "rows.xlsb").read_bytes())
    assert binary.rows == (("a", "x", "1"), ("b", "y", "2")) and binary.sheet == "One"
    raw = open_document(line("text", "label") + line("a", "x") + line("b", "y") + EMPTY_BELOW)
    assert open_file(raw).rows == (("a", "x"), ("b", "y"))


@pytest.mark.parametrize(
    "raw",
    [
        open_document(line("text"), "encryption-data"),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(600)
        + "EncryptedPackage".encode("utf-16-le")
        + bytes(900),
    ],
)
def test_a_locked_workbook_is_one_sentence(raw: bytes):
    with pytest.raises(DataError, match="protected by a password: open it"):
        open_file(raw)


def test_cells_that_stand_for_very_many_are_refused_before_they_are_made():
    with pytest.raises(DataError, match="span 10,001 rows"):
        open_file(open_document(line("text") + line("x", times=10_000)))
