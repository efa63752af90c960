"""Files of some kB that would become gigabytes: refused, in one sentence, before the memory is spent. The files are
those of tests/soak/tiny_files.py, which measures what each takes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.data.fields import read_ids
from core.data.formats.excel.parts import look_over
from core.data.formats.registry import open_file
from core.data.formats.written_out import written_out
from core.errors import DataError
from tests.soak.tiny_files import TINY, WIDE, said_of
from tests.work import assert_linear

READ = ("blank lines.yaml", "an id of 20,000 rows.csv")
CHILD = """
import resource, sys
import openpyxl, pyarrow.parquet, python_calamine
from tests.soak.tiny_files import TINY, said_of
files = {name: TINY[name]() for name in sys.argv[1:]}
now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 400_000_000,) * 2)
for name, raw in files.items():
    print(said_of(raw, name))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process")
def test_tiny_files_are_refused_within_400_mb():
    names = [name for name in TINY if name not in READ]
    done = subprocess.run([sys.executable, "-c", CHILD, *names], capture_output=True, text=True, check=False)
    said = dict(zip(names, done.stdout.splitlines(), strict=False))
    assert done.returncode == 0 and len(said) == len(names), (done.stderr[-500:], said)
    assert not [each for each in said.items() if not each[1].endswith(".") or "damaged" in each[1]]


@pytest.mark.parametrize("name", READ)
def test_what_only_looks_odd_is_read(name: str):
    assert said_of(TINY[name](), name).endswith(" rows were read")


def test_repeated_ids_take_work_in_proportion():
    assert_linear(lambda n: lambda: read_ids(["same"] * n, ["text"] * n, []), 500)


def test_a_value_is_written_out_once_for_a_table_of_views():
    import io

    import pyarrow

    table = pyarrow.table(
        {"text": pyarrow.array(["a long text of a row", "b"], pyarrow.string_view()), "label": ["x", "y"]}
    )
    out = io.BytesIO()
    with pyarrow.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    assert open_file(out.getvalue()).rows == (("a long text of a row", "x"), ("b", "y"))
    encoded = pyarrow.RunEndEncodedArray.from_arrays(
        pyarrow.array([2], pyarrow.int32()), pyarrow.array(["a"])
    )
    out, table = io.BytesIO(), pyarrow.table({"text": encoded})
    with pyarrow.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    with pytest.raises(DataError, match="not read: write it as text"):
        open_file(out.getvalue())


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_many_empty_columns_are_read(kind: str):
    """Before: 60,000 rows of 202 columns were refused, as if their empty cells were a trick."""
    table = open_file(WIDE[kind](60_000, 200), f"a.{kind}")
    assert len(table.rows) == 60_000 and len(table.columns) == 202 and len(table.rows[-1]) == 202


def test_many_empty_columns_of_a_workbook_pass():
    assert look_over(WIDE["xlsx"](60_000, 200)).width == 202


def test_a_part_of_a_column_of_maps_is_counted_alone():
    """Before: each part as the whole, so that long files were refused as too large."""
    import pyarrow

    maps = pyarrow.array([[("a", 1)]] * 100, pyarrow.map_(pyarrow.string(), pyarrow.int64()))
    assert 10 * written_out(maps.slice(50, 10)) <= 1.2 * written_out(maps)
