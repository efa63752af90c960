"""Small files as other tools write them, each of a kind that was once read wrongly without a word."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest

from core.data.importing.mapping import ImportResult, import_dataset

PAIRS = (
    ("I was charged twice for my order last month", "billing"),
    ("The app crashes when I open the settings page", "bug"),
    ("Please add a dark mode to the dashboard", "feature"),
    ("My invoice shows the wrong company address", "billing"),
    ("Login fails with error 500 since Tuesday", "bug"),
    ("Could you support export to PDF, please?", "feature"),
    ("Why is VAT missing on the receipt?", "billing"),
    ("Uploads hang at 99 percent every time", "bug"),
    ("I wish I could sort the table by date", "feature"),
)
NAMES = ("billing", "bug", "feature")
BY_TEXT = dict(PAIRS)


def csv_of(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([names, *rows])
    return out.getvalue().encode()


def read(raw: bytes, name: str = "file.csv") -> ImportResult:
    return import_dataset(raw, "x", source=name)


def labels(result: ImportResult) -> dict[str, str]:
    return {row.text: row.label for row in result.dataset.examples}


def parquet() -> bytes:
    out = io.BytesIO()
    rows = {
        "doc": [{"lang": "en", "text": text} for text, _ in PAIRS],
        "label": [label for _, label in PAIRS],
    }
    pyarrow.parquet.write_table(pyarrow.table(rows), out)
    return out.getvalue()


def workbook() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    for row in (["Export of 2025"], [], ["Ticket", "Category", "Agent"], *([*pair, "Ann"] for pair in PAIRS)):
        sheet.append(row)
    book.save(out)
    return out.getvalue()


FILES = {
    "promptfoo, with assertions on time besides": csv_of(
        ("ticket", "__expected", "__expected2", "__expected3"),
        [(text, f"icontains:{label}", "latency(1000)", "is-json") for text, label in PAIRS],
    ),
    "promptfoo, a label that is also a kind of assertion": csv_of(("text", "__expected"), PAIRS),
    "Vertex AI": "\n".join(
        json.dumps(
            {
                "classificationAnnotation": {"displayName": label},
                "textContent": text,
                "dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": use},
            }
        )
        for (text, label), use in zip(PAIRS, ["training"] * 7 + ["validation", "test"], strict=True)
    ).encode(),
    "Langfuse, whose cells are JSON": csv_of(
        ("id", "input", "expectedOutput", "metadata"),
        [(text, json.dumps({"text": text}), json.dumps({"label": label}), "{}") for text, label in PAIRS],
    ),
    "messages in a cell": csv_of(
        ("input", "expected_output"),
        [(json.dumps([{"role": "user", "content": text}]), label) for text, label in PAIRS],
    ),
    "titles above names of which one is usual": b"Export of 2025,,\n,,\n"
    + csv_of(("Ticket", "Category", "Agent"), [(*pair, "Ann") for pair in PAIRS]),
    "Rasa": json.dumps(
        {
            "rasa_nlu_data": {
                "common_examples": [{"text": t, "intent": i} for t, i in PAIRS],
                "lookup_tables": [],
            }
        }
    ).encode(),
    "LUIS": json.dumps(
        {
            "intents": [{"name": name} for name in NAMES],
            "utterances": [{"text": t, "intent": i} for t, i in PAIRS],
        }
    ).encode(),
    "rows by their ids": json.dumps(
        {f"id-{n}": {"text": text, "label": label} for n, (text, label) in enumerate(PAIRS)}
    ).encode(),
    "BIG-bench": json.dumps(
        {"examples": [{"input": t, "target_scores": {n: int(n == i) for n in NAMES}} for t, i in PAIRS]}
    ).encode(),
    "a Markdown table": "\n".join(
        ("| text | label |", "|---|:---:|", *(f"| {text} | {label} |" for text, label in PAIRS))
    ).encode(),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_right_columns_are_text_and_label_and_no_row_is_lost(kind):
    assert labels(read(FILES[kind])) == BY_TEXT


def test_the_same_of_packed_files():
    assert labels(read(parquet(), "a.parquet")) == labels(read(workbook(), "a.xlsx")) == BY_TEXT


def test_an_object_without_a_text_stays_a_text():
    result = read(csv_of(("text", "label"), [(json.dumps({"user": t, "n": 1}), label) for t, label in PAIRS]))
    assert json.loads(result.dataset.examples[0].text) == {"user": PAIRS[0][0], "n": 1}


@pytest.mark.parametrize(
    "heading, body", [("Subject", "Description"), ("title", "body"), ("Headline", "short_description")]
)
def test_a_heading_and_what_stands_below_it_are_the_text(heading, body):
    rows = [(f"Ticket {n}", text, label) for n, (text, label) in enumerate(PAIRS)]
    result = read(csv_of((heading, body, "Category"), rows))
    assert PAIRS[0][0] in result.dataset.examples[0].text and "Ticket 0" in result.dataset.examples[0].text
    assert f"The text is made of the columns “{heading}”, “{body}”." in result.notices


def test_what_describes_the_label_is_no_part_of_the_text():
    rows = [(text, label, f"about {label}") for text, label in PAIRS]
    assert labels(read(csv_of(("title", "label", "description"), rows))) == BY_TEXT


def test_labels_over_several_columns_of_one_name_are_all_read():
    rows = [(text, label, "urgent" if n == 0 else "") for n, (text, label) in enumerate(PAIRS)]
    result = read(csv_of(("Description", "Labels", "Labels"), rows))
    assert result.left_out == {"several labels": 1} and labels(result) == dict(PAIRS[1:])


def test_archived_rows_are_left_out():
    rows = [(*pair, "ARCHIVED" if n == 0 else "ACTIVE") for n, pair in enumerate(PAIRS)]
    assert read(csv_of(("input", "expected_output", "status"), rows)).left_out == {"archived": 1}


def test_nothing_as_databases_write_it_is_no_label():
    result = read(csv_of(("text", "label"), [(PAIRS[0][0], r"\N"), *PAIRS[1:]]))
    assert result.left_out == {"no label": 1} and labels(result) == dict(PAIRS[1:])


def test_a_first_row_of_several_labels_names_no_columns():
    rows = [f'{label}{"|bug" * (n == 0)},"{text}"' for n, (text, label) in enumerate(PAIRS)]
    assert read("\n".join(rows).encode()).left_out == {"several labels": 1}
