"""A few cases of each surface of tests/soak/fuzz.py, which does them by the thousand, and those that once were faults."""

from __future__ import annotations

import io
import json

import pyarrow
import pytest

from core.data.formats.registry import open_file
from core.errors import DataError
from tests.soak.fuzz import SURFACES, faults_of


@pytest.mark.parametrize("surface", SURFACES)
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
