"""A file that says what labels mean: JSON, an object of texts, or a table with the columns label and definition."""

from __future__ import annotations

import json
from pathlib import Path

from core.errors import DataError, UsageError
from core.store.source_files import open_path
from core.wording import quoted

COLUMNS = ("label", "definition")


def read_definition_file(path: Path) -> dict[str, str]:
    """By label: JSON, an object of texts, or a table with the columns label and definition. DataError."""
    table_like = path.suffix.lower() not in ("", ".json")
    if not table_like and (object_read := _json_object(path)) is not None:
        return object_read
    table = open_path(path)
    names = [name.strip().casefold() for name in table.columns]
    if not set(COLUMNS) <= set(names):
        raise DataError(
            f"{path} has no columns label and definition: write a table with both, or JSON as "
            '{"label": "what it means"}.'
        )
    label, meaning = (names.index(column) for column in COLUMNS)
    return {row[label].strip(): _one_line(row[meaning]) for row in table.rows if row[label].strip()}


def _json_object(path: Path) -> dict[str, str] | None:
    """None where it is no object of texts."""
    try:
        read = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise DataError(f'{path} is no JSON: write it as {{"label": "what it means"}}.') from None
    if not isinstance(read, dict):
        return None
    odd = next((name for name, text in read.items() if not isinstance(text, str)), None)
    if odd is not None:
        raise UsageError(f"{path}: what {quoted(odd)} means is no text; write it between quotation marks.")
    return {name.strip(): _one_line(text) for name, text in read.items()}


def _one_line(text: str) -> str:
    return " ".join(text.split())
