"""JSON and JSON lines to records. Numbers stay as they are written, a later key of the same name wins, NaN is
nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.data.formats.reading.header import names_text_and_label
from core.data.formats.reading.parts import pair_as_row, part_rows
from core.data.formats.reading.repeated import RepeatedStrings
from core.data.formats.reading.values import Number
from core.errors import DataError
from core.wording import quoted

Record = Mapping[str, Any]
# Lists and objects within each other, as in a trace of 60 calls; reading takes time with the square of that, and stack.
DEEPEST = 128
_LIST_KEYS = ("tests", "data", "rows", "examples", "records", "items", "instances", "dataset")
_FEWEST_KEYED = 3
_WANTED = 'it needs a list of objects, such as [{"text": "…", "label": "…"}], or one object per line'


def read_records(text: str) -> tuple[list[Record], bool]:
    """Objects in their order, and whether they stood one after the other (JSON lines) rather than in one
    list. DataError."""
    documents = read_documents(text)
    lines = len(documents) > 1 or (isinstance(documents[0], dict) and not _nested(documents[0]))
    records: list[Record] = []
    for value in map(pair_as_row, documents if len(documents) > 1 else _rows(documents[0])):
        if isinstance(value, dict):
            records.append(value)
        elif value is not None:
            raise DataError(
                f"The JSON file holds {quoted(json.dumps(value), 30)} where a row was expected: {_WANTED}."
            )
    if not records:
        raise DataError(f"The JSON file holds no rows: {_WANTED}.")
    if all(
        set(record) >= {"row"} and isinstance(record["row"], dict) for record in records
    ):  # as the Hugging Face viewer gives them
        records = [record["row"] for record in records]
    return records, lines


def as_record(value: object) -> Record:
    """An object; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def read_value(text: str) -> object:
    """The one JSON value of a text, such as a cell. ValueError where it is none, or nested too deeply."""
    try:
        value = _decoder().decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _is_too_deep(value):
        raise ValueError("nested too deeply")
    return value


def _is_too_deep(value: object) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _decoder() -> json.JSONDecoder:
    """Names, and values that come again, are in memory once, however many lines have them."""
    names: dict[str, str] = {}
    once = RepeatedStrings().once
    return json.JSONDecoder(
        parse_float=Number,
        parse_int=Number,
        parse_constant=lambda name: None if name == "NaN" else Number(name),
        object_pairs_hook=lambda pairs: {
            names.setdefault(name, name): once(value) if type(value) is str else value
            for name, value in pairs
        },
    )


def read_documents(text: str) -> list[object]:
    """All values of the text, one after the other."""
    decoder, values, at, end = _decoder(), [], 0, len(text.rstrip())
    try:
        while True:
            while at < end and text[at] in " \t\r\n":
                at += 1
            if at >= end:
                break
            value, at = decoder.raw_decode(text, at)
            if _is_too_deep(value):
                raise RecursionError
            values.append(value)
    except json.JSONDecodeError as wrong:
        line = text.count("\n", 0, wrong.pos) + 1
        raise DataError(
            f"Line {line:,} of the file is not valid JSON ({_problem(wrong)}): correct it, or export the file again."
        ) from None
    except RecursionError:
        raise DataError(f"The JSON file is nested too deeply to hold rows: {_WANTED}.") from None
    if not values:
        raise DataError(f"The JSON file is empty: {_WANTED}.")
    return values


def _problem(wrong: json.JSONDecodeError) -> str:
    return wrong.msg[:1].lower() + wrong.msg[1:]


def _nested(value: Record) -> bool:
    """Whether an object holds rows, rather than being one."""
    return (
        any(isinstance(value.get(key), list) or _has_parts(value.get(key)) for key in _LIST_KEYS)
        or _column_wise(value) is not None
        or _keyed(value) is not None
        or _deep_rows(value) is not None
        or part_rows(value, _rows) is not None
    )


def _has_parts(value: object) -> bool:
    return isinstance(value, dict) and part_rows(value, _rows) is not None


def _rows(value: object) -> list[object]:
    """The rows of a document: a list, the list in an object, or columns."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise DataError(f"The JSON file holds no rows: {_WANTED}.")
    names, data = value.get("columns"), value.get("data")
    if (
        isinstance(names, list)
        and isinstance(data, list)
        and all(isinstance(row, list) and len(row) == len(names) for row in data)
    ):
        return [dict(zip(map(str, names), row, strict=True)) for row in data]
    parts = part_rows(value, _rows)
    if parts is not None:
        return parts
    columns = _column_wise(value)
    if columns is not None:
        return columns
    for key in _LIST_KEYS:
        inner = value.get(key)
        if isinstance(inner, dict) and (parts := part_rows(inner, _rows)) is not None:
            return parts
        if isinstance(inner, list):
            return inner
        if isinstance(inner, str) and key == "tests":
            raise DataError(
                f"The tests stand in another file ({quoted(inner)}), which is not opened from here: import that one."
            )
    return _keyed(value) or _deep_rows(value) or [value]


def _keyed(value: Record) -> list[object] | None:
    """Rows by their ids, {"17": {"text": …, "label": …}, "18": …}; None for other objects."""
    rows = list(value.values())
    if len(rows) < _FEWEST_KEYED or not all(isinstance(row, dict) and len(row) > 1 for row in rows):
        return None
    if any(row.keys() != rows[0].keys() for row in rows) or not names_text_and_label(list(rows[0])):
        return None
    return [{"id": key, **row} for key, row in value.items()]


def _deep_rows(value: Record) -> list[object] | None:
    """The one list of rows, by the names in them, somewhere inside an object that is no row itself."""
    if names_text_and_label(list(value)):
        return None
    found = list(_lists_of_rows(value, 3))
    return found[0] if len(found) == 1 else None


def _lists_of_rows(value: Record, depth: int) -> Iterator[list[object]]:
    for inner in value.values():
        if isinstance(inner, dict) and depth > 1:
            yield from _lists_of_rows(inner, depth - 1)
        elif (
            isinstance(inner, list)
            and len(inner) > 1
            and all(isinstance(row, dict) and names_text_and_label(list(row)) for row in inner)
        ):
            yield inner


def _column_wise(value: Record) -> list[object] | None:
    """Rows of {"text": […], "label": […]} or of {"text": {"0": …}, "label": {"0": …}}, as pandas has it; None
    for other objects."""
    inner = list(value.values())
    if len(inner) > 1 and all(isinstance(column, list) and len(column) == len(inner[0]) for column in inner):
        return [dict(zip(value, row, strict=True)) for row in zip(*inner, strict=True)]
    if len(inner) > 1 and all(
        isinstance(column, dict) and column and all(key.isdigit() for key in column) for column in inner
    ):
        numbers = dict.fromkeys(key for column in inner for key in column)
        return [{name: column.get(number) for name, column in value.items()} for number in numbers]
    return None
