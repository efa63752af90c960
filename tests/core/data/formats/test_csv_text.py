import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.fields import COLUMNS
from core.data.formats.csv_text import dataset_csv
from core.data.formats.reading.delimited import read_table
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.types import Dataset, Example, LabelSet

UGLY = (
    "=1+1",
    "+44 20",
    "-rf",
    "@here",
    "\tTab first",
    "\rReturn first",
    "'=quoted already",
    "''=twice",
    "'plain quote",
    'a,b;"c"\nd\r\ne',
    "  spaces around  ",
    "001",
    "NA",
    "None",
    "<b>bold</b>",
    "🪨",
    "'",
    "=",
    "text",
)


def dataset_of(texts: tuple[str, ...]) -> Dataset:
    examples = tuple(
        Example(
            f"r{n}",
            text,
            ("bug", "=formula")[n % 2],
            ("", "-note")[n % 2],
            n % 5 == 4,
            n % 4 == 0,
            ("", "train", "test")[n % 3],
        )
        for n, text in enumerate(texts)
    )
    return Dataset("ugly", LabelSet(("=formula", "bug")), examples)


def read_back(raw: bytes) -> Dataset:
    table = read_table(raw)
    return to_dataset(table, guess_columns(table), "ugly").dataset


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_ugly_rows_survive_the_round_trip(encoding):
    before = dataset_of(UGLY)
    assert read_back(dataset_csv(before).encode(encoding)).examples == before.examples


@given(
    st.lists(
        st.text(alphabet="'=+-@\t\r\n,\"ab é", min_size=1, max_size=8).filter(str.strip),
        min_size=6,
        max_size=10,
        unique=True,
    )
)
@settings(max_examples=100, deadline=None)
def test_any_texts_survive_the_round_trip(texts):
    before = dataset_of((*texts, "one more", "and another"))
    assert read_back(dataset_csv(before).encode()).examples == before.examples


def test_no_cell_of_an_export_is_a_formula():
    cells = [
        cell for row in csv.reader(io.StringIO(dataset_csv(dataset_of(UGLY)), newline="")) for cell in row
    ]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


def test_an_export_has_the_columns_of_the_contract():
    assert COLUMNS == ("id", "text", "label", "note", "exclude", "canonical", "split")
    assert dataset_csv(dataset_of(UGLY)).splitlines()[0] == "id,text,label,note,exclude,canonical,split"
