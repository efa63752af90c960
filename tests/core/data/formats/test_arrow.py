"""Arrow and Feather files, as pandas, polars and Hugging Face write them."""

from __future__ import annotations

import io
import json

import pyarrow
import pyarrow.feather
import pyarrow.ipc
import pytest

from core.data.formats.registry import open_file
from core.errors import DataError


def feather(table: pyarrow.Table, compression: str = "lz4") -> bytes:
    out = io.BytesIO()
    pyarrow.feather.write_feather(table, out, compression=compression)
    return out.getvalue()


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_a_feather_file_is_read_dictionaries_included(compression: str):
    labels = pyarrow.array(["bug", "idea", None]).dictionary_encode()
    table = open_file(feather(pyarrow.table({"text": ["a", "b", "c"], "label": labels}), compression))
    assert table.rows == (("a", "bug"), ("b", "idea"), ("c", "")) and not table.spreadsheet


def test_a_stream_of_hugging_face_has_names_for_its_numbers_also_in_lists():
    names = {"names": ["neg", "pos"], "_type": "ClassLabel"}
    features = {"label": names, "tags": {"feature": names, "_type": "List"}}
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    data = pyarrow.table(
        {"text": ["a", "b"], "label": [0, -1], "tags": [[0, 1], [1]]}
    ).replace_schema_metadata(metadata)
    out = io.BytesIO()
    with pyarrow.ipc.new_stream(out, data.schema) as writer:
        writer.write_table(data)
    assert open_file(out.getvalue()).rows == (("a", "neg", '["neg", "pos"]'), ("b", "", '["pos"]'))


def test_what_would_fill_the_memory_or_is_damaged_is_refused_before_it_is_unpacked():
    raw = feather(pyarrow.table({"text": ["a" * 150_000_000] * 3}), "zstd")
    assert len(raw) < 100_000
    with pytest.raises(DataError, match="450 MB, more than the 400 MB"):
        open_file(raw)
    with pytest.raises(DataError, match="damaged"):
        open_file(raw[:200])
