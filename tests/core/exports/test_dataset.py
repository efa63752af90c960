"""Every format gives back the rows that were put into it, whatever stands in them."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.fields import ColumnMap
from core.data.formats.registry import export_formats, open_file
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.errors import DataError, UsageError
from core.exports.dataset import export_dataset
from core.types import Dataset, Example, LabelSet

UGLY = (
    "=1+1",
    "'=x",
    "''=y",
    "  lead",
    "a\r\nb",
    "c\rd",
    "e\nf",
    'q"uo"te',
    "{{ x }}",
    "file://x.js",
    "{% raw %}",
    "x\u2028y",
    "\x85z",
    "_x000D_",
    "\x07bell",
    "tab\tx",
    "🪨",
    "null",
    "~",
    "001",
    "<b>",
    "- a: b",
    "# c",
    "a: b",
    "@x",
    "\ufeffbom",
    "\uffff",
    "{{'{{'}}",
    "https://a.b/c",
    "package:foo",
    "yes",
    "[1]",
    '{"choices": 1}',
    "x\x1fy",
    "\tfirst",
    "NaN",
    "#N/A",
    "1e5",
)
LETTERS = st.characters(blacklist_categories=("Cs",), blacklist_characters="\0")
TEXTS = st.text(
    alphabet=st.one_of(st.sampled_from("=+-@'\"\t\r\n,;{}%#:_x0Dé 🪨\u2028\x85"), LETTERS),
    min_size=1,
    max_size=12,
)


def dataset_of(texts: tuple[str, ...]) -> Dataset:
    labels = ("bug", "=f", "yes", "{{text}}", "null")
    rows = tuple(
        Example(
            f"r{n}",
            text,
            labels[n % 5],
            ("", "-note", "x\ny", "=1")[n % 4],
            n % 7 == 6,
            n % 4 == 0,
            ("", "train", "validation", "test")[n % 4],
        )
        for n, text in enumerate(texts)
    )
    return Dataset("ugly", LabelSet(tuple(sorted({row.label for row in rows}))), rows)


def back(raw: bytes, name: str = "") -> Dataset:
    table = open_file(raw, name)
    return to_dataset(table, guess_columns(table), "ugly").dataset


@pytest.mark.parametrize("format", export_formats())
def test_rows_without_a_label_come_back_as_such_and_are_not_called_excluded(format: str):
    rows = [Example(f"r{n}", f"text {n}", "ab"[n % 2], excluded=n == 3) for n in range(6)]
    rows.insert(2, Example("u", "nobody has labelled this", "", "a note", excluded=True))
    raw = export_dataset(Dataset("d", LabelSet(("a", "b")), tuple(rows)), format)
    table = open_file(raw)
    found = to_dataset(table, guess_columns(table, ColumnMap(unlabelled=True)), "d").dataset
    assert [(row.text, row.label, row.excluded) for row in found.examples] == [
        (row.text, row.label, row.excluded) for row in rows
    ]
    assert found.labels.names == ("a", "b")


@pytest.mark.parametrize("format", export_formats())
def test_ugly_rows_survive_the_round_trip(format: str):
    before = dataset_of(UGLY)
    raw = export_dataset(before, format)
    assert back(raw) == before, "known by its content alone"
    assert (
        export_dataset(back(raw, "x" + export_formats()[format].ending), format) == raw or format == "xlsx"
    ), "and a second time"


@pytest.mark.parametrize("format", export_formats())
@given(st.lists(TEXTS.filter(str.strip), min_size=6, max_size=8, unique=True))
@settings(max_examples=25, deadline=None)
def test_any_texts_survive_the_round_trip(format: str, texts: list[str]):
    before = dataset_of((*texts, "one more", "and another"))
    assert back(export_dataset(before, format)).examples == before.examples


@pytest.mark.parametrize("format", export_formats())
@pytest.mark.parametrize("text", ["a\0b", "half \ud83d"])
def test_what_no_file_can_keep_is_refused(format: str, text: str):
    with pytest.raises(DataError, match="“r0”"):
        export_dataset(dataset_of((text, "b", "c", "d")), format)


def test_no_cell_of_a_spreadsheet_begins_like_a_formula():
    dataset = dataset_of(UGLY)
    rows = list(csv.reader(io.StringIO(export_dataset(dataset, "tsv").decode(), newline=""), delimiter="\t"))
    assert not [cell for row in rows for cell in row if str(cell or "")[:1] in ("=", "+", "-", "@")]
    sheet = openpyxl.load_workbook(io.BytesIO(export_dataset(dataset, "xlsx"))).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b", "inlineStr"}
    signs = [cell for cell in cells if str(cell.value or "")[:1] in ("=", "+", "-", "@")]
    assert signs and all(cell.quotePrefix for cell in signs), "and none once it is edited in Excel"


def test_promptfoo_would_show_our_texts_rather_than_render_or_load_them():
    raw = export_dataset(dataset_of(("{{ env.KEY }}", "file://x.js", "{% raw %}", "d")), "promptfoo").decode()
    assert "{{ env" not in raw and '"file:' not in raw and "{% raw" not in raw


def test_a_cell_that_excel_cannot_hold_is_refused_with_another_way():
    with pytest.raises(DataError, match="CSV or Parquet"):
        export_dataset(dataset_of(("x" * 40_000, "b", "c", "d")), "xlsx")


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match="csv"):
        export_dataset(dataset_of(("a", "b", "c", "d")), "docx")
