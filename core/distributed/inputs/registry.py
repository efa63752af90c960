"""Which files can be cut into blocks, by the ending of their name."""

from __future__ import annotations

from pathlib import Path

from core.data.formats.format import ReadOptions
from core.data.table import Table
from core.distributed.inputs.blocks import InputPlan, Layout, RowBlock
from core.distributed.inputs.delimited_rows import delimited_block, plan_delimited
from core.distributed.inputs.json_rows import json_lines_block, plan_json_lines
from core.distributed.inputs.parquet_rows import parquet_block, plan_parquet
from core.errors import DataError, UsageError

_PLANS = {
    ".csv": plan_delimited,
    ".tsv": plan_delimited,
    ".jsonl": plan_json_lines,
    ".ndjson": plan_json_lines,
    ".parquet": plan_parquet,
}
_READERS = {"csv": delimited_block, "jsonl": json_lines_block, "parquet": parquet_block}


def plan_input(path: Path, options: ReadOptions) -> tuple[InputPlan, Table]:
    """The file in blocks, in one pass over it and without keeping it, and a table of its first rows. DataError, UsageError in one
    sentence."""
    plan = _PLANS.get(path.suffix.casefold())
    if plan is None or not path.is_file():
        raise UsageError(f"--engine ray reads one file that ends in {', '.join(_PLANS)}: {path} is none.")
    try:
        return plan(path, options)
    except OSError as problem:
        raise DataError(f"{path} cannot be used: {problem.strerror or problem}.") from None


def read_block(layout: Layout, block: RowBlock) -> Table:
    """The rows of a block. DataError where the file is not what it was when it was cut."""
    try:
        table = _READERS[layout.kind](layout, block)
    except OSError as problem:
        raise DataError(
            f"{layout.path} cannot be read on this machine ({problem.strerror or problem}): every machine of the cluster must "
            "see it under this name."
        ) from None
    if len(table.rows) != block.rows or table.columns != layout.columns:
        raise DataError(f"{layout.path} has changed since it was cut into blocks: start again.")
    return table
