"""How large a column of pyarrow is once every value is written out: a dictionary, or views into one buffer, may
hold a megabyte once and stand for it in a million rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from core.errors import DataError
from core.wording import quoted

_VIEW = 4  # numbers of 32 bits, of which the first is the length


def written_out(column: Any) -> int:
    """Bytes, found without writing anything out. DataError for kinds of columns that are not read."""
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        return _of_dictionary(column)
    if types.is_string_view(kind) or types.is_binary_view(kind):
        return _of_views(column)
    if types.is_map(kind):
        # Keys and items are those of the whole column, of which this may be a part.
        at = _offsets(column, 4)
        parts = (each.slice(at[0], at[-1] - at[0]) for each in (column.keys, column.items))
        return sum(map(written_out, parts)) + 8 * len(column)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return written_out(column.flatten()) + 8 * len(column)
    if types.is_struct(kind):
        return sum(map(written_out, column.flatten()))
    if types.is_run_end_encoded(kind) or types.is_list_view(kind) or types.is_large_list_view(kind):
        raise DataError(
            f"The file has a column of the type {quoted(str(kind), 40)}, which is not read: write it as text."
        )
    return max(int(column.nbytes), len(column))


def _of_dictionary(column: Any) -> int:
    from pyarrow import types

    held, times = column.dictionary, Counter(column.indices.to_pylist())
    del times[None]
    if not times:
        return 8 * len(column)
    if min(times) < 0 or max(times) >= len(held):
        raise ValueError("damaged")
    short = types.is_string(held.type) or types.is_binary(held.type)
    if short or types.is_large_string(held.type) or types.is_large_binary(held.type):
        at = _offsets(held, 4 if short else 8)
        return 8 * len(column) + int(sum(n * (at[index + 1] - at[index]) for index, n in times.items()))
    each = written_out(held) if types.is_nested(held.type) else 16
    return len(column) * each


def _offsets(texts: Any, width: int) -> memoryview:
    """Where each text, or map, begins, and where the last one ends. Not by pyarrow's functions or numpy, which take 50 MB once."""
    raw = memoryview(texts.buffers()[1]).cast("B")
    first, count = texts.offset * width, (len(texts) + 1) * width
    if len(raw) < first + count:
        raise ValueError("damaged")
    return raw[first : first + count].cast("i" if width == 4 else "q")


def _of_views(column: Any) -> int:
    import numpy

    views = numpy.frombuffer(column.buffers()[1], numpy.int32).reshape(-1, _VIEW)
    return 8 * len(column) + int(
        views[column.offset : column.offset + len(column), 0].astype(numpy.int64).clip(0).sum()
    )
