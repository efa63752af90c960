"""A few cases of each surface of tests/soak/fuzz.py, which does them by the thousand, and those that once were faults."""

from __future__ import annotations

import io
import json
from contextlib import suppress

import pyarrow
import pytest

from core.data.formats.csv_text import csv_text
from core.data.formats.registry import open_file
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.errors import DataError
from tests.soak.fuzz import NAMES, faults_of


@pytest.mark.parametrize("surface", NAMES)
def test_what_is_odd_is_read_or_refused_in_one_sentence(surface: str):
    assert not faults_of(surface, 25, seed=3)


@pytest.mark.parametrize(
    "kind",
    [
        pyarrow.timestamp("s"),
        pyarrow.timestamp("us", "Europe/Berlin"),
        pyarrow.duration("s"),
        pyarrow.date32(),
    ],
)
def test_moments_out_of_range_are_told(kind: pyarrow.DataType):
    far = 2**31 - 1 if kind == pyarrow.date32() else 2**62
    table, out = pyarrow.table({"when": pyarrow.array([far], kind), "text": ["a"]}), io.BytesIO()
    with pyarrow.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    with pytest.raises(DataError, match="“when” holds dates, times or numbers that are out of range"):
        open_file(out.getvalue())


@pytest.mark.parametrize("responses", [True, 3, [{"values": True, "status": "submitted"}]])
def test_argilla_records_whose_responses_are_none_are_read_without(responses: object):
    record = {
        "fields": {"text": "a"},
        "responses": responses,
        "suggestions": [{"question_name": "label", "value": "x"}],
    }
    assert open_file(json.dumps([record]).encode()).rows


@pytest.mark.parametrize(
    "opening, closing", [("[", "]"), ('{"a": ', "}"), ('[{"a": ', "}]"), ('{"b": 1, "c": ', "}")]
)
@pytest.mark.parametrize("columns", [("inputs", "outputs"), ("inputs.a", "outputs.b"), ("text", "label")])
def test_cells_that_are_nested_deeply_stay_texts(columns: tuple[str, str], opening: str, closing: str):
    """Before: a RecursionError, or time with the cube of the depth."""
    deep = opening * 400 + "1" + closing * 400
    table = open_file(csv_text([columns, ("a text", deep)]).encode(), "a.csv")
    assert deep in table.rows[0]


@pytest.mark.parametrize("key", ["inputs", "outputs", "metadata", "label"])
def test_files_of_deep_values_are_refused(key: str):
    deep = "[" * 129 + "]" * 129
    with pytest.raises(DataError, match="nested too deeply"):
        open_file(f'[{{"inputs": {{"text": "a"}}, "outputs": {{}}, "text": "a", "{key}": {deep}}}]'.encode())


@pytest.mark.parametrize(
    "written",
    [
        "{1: 'a'}",
        "{None: {b'a': (1,)}}",
        "{[1]: 'a'}",
        "{{}}",
        "{'tags': {1: 2}}",
        "[0x" + "f" * 5_000 + "]",
        "[{'label': 'a', 'score': " + "9" * 400 + "}, {'label': 'b', 'score': 1}]",
    ],
)
@pytest.mark.parametrize(
    "columns",
    [("inputs", "expectations"), ("request", "response", "assessments", "trace", "tags"), ("text", "label")],
)
def test_objects_as_python_writes_them_may_have_any_names(columns: tuple[str, ...], written: str):
    """Before: AttributeErrors of names that are no texts, TypeErrors of those that Python refuses."""
    for at in range(len(columns)):
        row = ["a text"] * len(columns)
        row[at] = written
        table = open_file(csv_text([columns, row, [f"b{n}" for n in range(len(columns))]]).encode(), "a.csv")
        assert len(table.rows) == 2
        with suppress(DataError):  # rows may lack a text or a label
            to_dataset(table, guess_columns(table), "x", to_tune=False)


@pytest.mark.parametrize("answer", [[], {}, [1], {"a": 1}])
def test_an_answer_of_prodigy_that_is_no_word_is_read_as_another_table(answer: object):
    """Before: a TypeError."""
    record = {"text": "a", "label": "x", "answer": answer}
    assert open_file(json.dumps([record, record | {"text": "b"}]).encode()).rows
