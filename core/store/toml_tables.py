"""One table of a TOML file replaced, with everything else in it, comments too, left as it stands."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date

from core.errors import UsageError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def replace_table(text: str, path: Sequence[str], entry: Mapping[str, object] | None) -> str:
    """The text with the table of this path (such as "endpoints", "groq") being `entry`, its sub-tables and the
    comments inside it gone; None takes the table away. Raises UsageError where the text writes the table in a
    way that cannot be replaced by lines."""
    expected = _with_table(tomllib.loads(text), path, entry)
    kept, position = _without(text.splitlines(keepends=True), tuple(path))
    if entry is not None:
        before, after = "".join(kept[:position]), "".join(kept[position:])
        lead = before.rstrip() + "\n\n" if before.strip() else ""
        rest = "\n" + after.lstrip("\n") if after.strip() else ""
        result = lead + table_text(path, entry) + rest
    else:
        result = "".join(kept)
    try:
        same = tomllib.loads(result) == expected
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise UsageError(
            f"[{'.'.join(path)}] is written in a way that only you can change: edit the file itself, under Custom rules."
        )
    return result


def table_text(path: Sequence[str], entry: Mapping[str, object]) -> str:
    """The table as TOML; tables inside it are written in one line."""
    head = "[" + ".".join(_key(part) for part in path) + "]\n"
    return head + "".join(f"{_key(key)} = {_value(value)}\n" for key, value in entry.items())


def _without(lines: list[str], path: tuple[str, ...]) -> tuple[list[str], int]:
    """The lines outside of the table and its sub-tables, and where it stood (the end, if nowhere)."""
    kept: list[str] = []
    position: int | None = None
    inside: list[str] | None = None
    for line in lines:
        header = _header(line)
        if header is not None:
            if inside is not None:
                kept += _tail(inside)
            inside = None
            if header[: len(path)] == path:
                inside, position = [], len(kept) if position is None else position
                continue
        if inside is None:
            kept.append(line)
        else:
            inside.append(line)
    return kept, len(kept) if position is None else position


def _tail(lines: list[str]) -> list[str]:
    """Comments after the last value, behind a blank line: they speak of what comes next."""
    last = max((number for number, line in enumerate(lines) if _is_value(line)), default=-1)
    rest = lines[last + 1 :]
    blank = next((number for number, line in enumerate(rest) if not line.strip()), len(rest))
    return rest[blank:]


def _is_value(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _header(line: str) -> tuple[str, ...] | None:
    if not line.lstrip().startswith("["):
        return None
    try:
        table: object = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    path: list[str] = []
    while isinstance(table, dict) and table:
        [(key, table)] = table.items()
        path.append(key)
    return tuple(path)


def _with_table(
    tables: dict[str, object], path: Sequence[str], entry: Mapping[str, object] | None
) -> dict[str, object]:
    """What the file should hold then."""
    key, *rest = path
    inner = tables.get(key, {})
    if rest:
        whole: object = _with_table(dict(inner) if isinstance(inner, dict) else {}, rest, entry)
    elif entry is None:
        return {name: value for name, value in tables.items() if name != key}
    else:
        whole = tomllib.loads(table_text(["x"], entry))["x"]
    if whole == {} and entry is None:
        return {name: value for name, value in tables.items() if name != key}
    return {**tables, key: whole}


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    return json.dumps(_SURROGATE.sub("\ufffd", text), ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value)
