"""How much memory honest files take while they are read, counted by tracemalloc: no second copy of text, table or rows."""

from __future__ import annotations

import io
import json
import random
import tracemalloc

import pyarrow
import pyarrow.compute
import pyarrow.parquet
import pytest

from core.data.formats.registry import open_file
from core.data.importing.mapping import import_dataset
from core.errors import DataError

WORDS = "refund order invoice password login delivery broken screen the my is not please when again".split()


def rows(n: int) -> list[dict[str, str]]:
    dice = random.Random(0)
    return [
        {
            "id": f"row-{at}",
            "text": " ".join(dice.choices(WORDS, k=30)),
            "label": dice.choice(["billing", "bug"]),
        }
        for at in range(n)
    ]


def csv_file(n: int) -> bytes:
    return "\n".join(["id,text,label", *(",".join(row.values()) for row in rows(n))]).encode()


def json_lines_file(n: int) -> bytes:
    return "\n".join(map(json.dumps, rows(n))).encode()


def times_its_size(raw: bytes, name: str) -> float:
    """The peak of memory of an import beyond the file, in multiples of its size."""
    tracemalloc.start()
    try:
        import_dataset(raw, "x", source=name)
        return tracemalloc.get_traced_memory()[1] / len(raw)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("make", "name"), [(csv_file, "a.csv"), (json_lines_file, "a.jsonl")])
def test_an_import_takes_less_than_four_times_the_file(make, name):
    import_dataset(make(20), "x", source=name)  # what is loaded once
    assert times_its_size(make(3_000), name) < 4


@pytest.mark.parametrize(("make", "name"), [(csv_file, "a.csv"), (json_lines_file, "a.jsonl")])
def test_a_label_is_in_memory_once_however_many_rows_have_it(make, name):
    labels = [row[2] for row in open_file(make(200), name).rows]
    assert len(set(labels)) == len(set(map(id, labels))) == 2


def test_parquet_is_read_without_the_functions_of_pyarrow_which_take_50_mb(monkeypatch: pytest.MonkeyPatch):
    def called(*given: object, **named: object) -> None:
        raise AssertionError("a function of pyarrow.compute")

    for name in ("call_function", "take", "binary_length", "sum"):
        monkeypatch.setattr(pyarrow.compute, name, called)
    out, table = io.BytesIO(), pyarrow.table({"text": ["a", "b", None], "label": ["x", "x", "y"]})
    pyarrow.parquet.write_table(table, out)
    assert open_file(out.getvalue()).rows == (("a", "x"), ("b", "x"), ("", "y"))


@pytest.mark.parametrize("index", [1, -1])
def test_a_place_that_a_dictionary_does_not_have_is_a_damaged_file(index: int):
    column = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0, index]), pyarrow.array(["a"]), safe=False)
    out, table = io.BytesIO(), pyarrow.table({"text": column})
    with pyarrow.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    with pytest.raises(DataError, match="is damaged"):
        open_file(out.getvalue())
