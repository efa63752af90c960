"""Rows of a Parquet file, from any row of a row group on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.data.formats.columnar import columnar_table
from core.data.formats.format import ReadOptions
from core.data.table import Table, check_width
from core.distributed.inputs.blocks import BLOCK_ROWS, HEAD_ROWS, InputPlan, Layout, RowBlock
from core.errors import DataError

_TITLE = "Parquet"


def plan_parquet(path: Path, options: ReadOptions) -> tuple[InputPlan, Table]:
    """As plan_delimited."""
    import pyarrow

    try:
        with path.open("rb") as raw:
            fingerprint = hashlib.file_digest(raw, "sha256").hexdigest()
        with _opened(path) as file:
            meta = file.metadata
            check_width(len(file.schema_arrow.names))
            sizes = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
            head = columnar_table(file.schema_arrow, _first(file, sizes), _TITLE)
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError):
        raise DataError(
            f"{path} is damaged or encrypted and cannot be read: write it again, or as CSV (UTF-8)."
        ) from None
    if head.format != _TITLE:
        raise DataError(
            f"{path} has rows of a shape of its own ({head.format}), which cannot be cut into blocks: classify it without "
            "--engine ray, or write its texts into a column."
        )
    return InputPlan(Layout(str(path), "parquet", head.columns), tuple(_blocks(sizes)), fingerprint), head


def parquet_block(layout: Layout, block: RowBlock) -> Table:
    """Reads the pages of its row group up to it, a batch at a time."""
    with _opened(Path(layout.path)) as file:
        return columnar_table(file.schema_arrow, _rows(file, block), _TITLE)


def _opened(path: Path) -> Any:
    import pyarrow.parquet

    return pyarrow.parquet.ParquetFile(path, memory_map=True, pre_buffer=False)


def _first(file: Any, sizes: list[int]) -> Iterator[Any]:
    group = next((number for number, size in enumerate(sizes) if size), None)
    if group is not None:
        yield next(iter(file.iter_batches(batch_size=HEAD_ROWS, row_groups=[group])))


def _rows(file: Any, block: RowBlock) -> Iterator[Any]:
    at = 0
    for batch in file.iter_batches(batch_size=BLOCK_ROWS, row_groups=[block.group]):
        first, last = max(block.start - at, 0), min(block.end - at, batch.num_rows)
        if first < last:
            yield batch.slice(first, last - first)
        at += batch.num_rows
        if at >= block.end:
            return


def _blocks(sizes: list[int]) -> Iterator[RowBlock]:
    number = 0
    for group, size in enumerate(sizes):
        for start in range(0, size, BLOCK_ROWS):
            end = min(start + BLOCK_ROWS, size)
            yield RowBlock(number, end - start, start, end, group)
            number += 1
