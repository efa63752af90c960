"""What the numbers of a label column mean, where Hugging Face says so: beside the schema of a Parquet or Arrow
file, in dataset_info.json, or in the head of a README."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.data.formats.reading.class_names import class_names
from core.data.formats.reading.values import as_json
from core.data.formats.reading.yaml_text import read_yaml
from core.data.table import Table
from core.errors import DataError
from core.wording import counted, quoted

ClassNames = Mapping[str, Sequence[str]]


def schema_names(metadata: Mapping[bytes, bytes] | None) -> ClassNames:
    """From the schema of a Parquet or Arrow file."""
    return _read_json((metadata or {}).get(b"huggingface", b"{}"))


def described_names(parts: Mapping[str, bytes]) -> ClassNames:
    """From the files beside the data."""
    names: dict[str, Sequence[str]] = {}
    for name, raw in sorted(parts.items()):
        base = name.rpartition("/")[2]
        names |= _read_json(raw) if base.startswith("dataset_info") else {}
        names |= _read_readme(raw) if base == "README.md" else {}
    return names


def named(value: object, names: Sequence[str]) -> object:
    """A number, or each of a list, by its name; -1 and its like, which have none, are nothing."""
    if isinstance(value, list | tuple):
        return [named(each, names) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return names[value] if 0 <= value < len(names) else None
    return value


def name_notice(column: str, names: Sequence[str]) -> str:
    example = ", ".join(f"{number} is {quoted(label)}" for number, label in enumerate(names[:3]))
    return f"The numbers of column {quoted(column)} became the names that the file gives them ({example}; {counted(len(names), 'name')})."


def named_table(table: Table, classes: ClassNames) -> Table:
    """A table whose columns hold such numbers, with names in their place."""
    cells = {
        at: changed
        for at, column in enumerate(table.columns)
        if column in classes and (changed := _named_cells([row[at] for row in table.rows], classes[column]))
    }
    if not cells:
        return table
    rows = tuple(
        tuple(cells[at][row] if at in cells else cell for at, cell in enumerate(values))
        for row, values in enumerate(table.rows)
    )
    notices = [name_notice(table.columns[at], classes[table.columns[at]]) for at in cells]
    return replace(table, rows=rows, notices=(*table.notices, *notices))


def _named_cells(cells: Sequence[str], names: Sequence[str]) -> list[str]:
    """None where a cell is no number or list of numbers."""
    values: list[object] = []
    for cell in cells:
        try:
            value = json.loads(cell) if cell.strip() else None
        except (ValueError, RecursionError):
            return []
        if value is not None and not all(
            type(each) is int for each in (value if isinstance(value, list) else [value])
        ):
            return []
        values.append(named(value, names))
    return ["" if each is None else each if isinstance(each, str) else as_json(each) for each in values]


def _read_json(raw: bytes) -> dict[str, Sequence[str]]:
    """Of one description, or of several by the name of their configuration."""
    try:
        content: Any = json.loads(raw)
        content = content.get("info", content)
        described = content if "features" in content else next(iter(content.values()), {})
        features: Any = described["features"]
        return {name: found for name, feature in features.items() if (found := class_names(feature))}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _read_readme(raw: bytes) -> dict[str, Sequence[str]]:
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    if not text.startswith("---\n"):
        return {}
    try:
        head: Any = read_yaml(text[4:].partition("\n---")[0])
        info = head["dataset_info"]
        features = (info[0] if isinstance(info, list) else info)["features"]
        return {each["name"]: found for each in features if (found := _readme_names(each))}
    except (DataError, KeyError, TypeError, IndexError, AttributeError, ValueError, RecursionError):
        return {}


def _readme_names(feature: Any) -> list[str]:
    for key in ("dtype", "sequence", "list"):
        inner = feature.get(key)
        if isinstance(inner, Mapping):
            names = inner["class_label"]["names"] if "class_label" in inner else None
            if names is None:
                return _readme_names(inner)
            return (
                [str(names[key]) for key in sorted(names, key=int)]
                if isinstance(names, Mapping)
                else list(names)
            )
    return []
