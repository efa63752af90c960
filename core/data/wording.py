"""How rows, labels and column names are quoted in notices and errors. They are data: shown short, on one
line."""

from __future__ import annotations

from collections.abc import Sequence


def quoted(value: str, limit: int = 60) -> str:
    """`value` between quotation marks, on one line, cut to `limit` characters."""
    # Control characters could break the line, or drive a terminal; U+200D only joins emoji.
    line = "".join(c if c.isprintable() or c == "\u200d" else " " for c in value[: limit + 1])
    return "“" + (line if len(line) <= limit else line[: limit - 1] + "…") + "”"


def listed(values: Sequence[str], limit: int = 12) -> str:
    """“a”, “b”, “c”: at most `limit` of them, the rest counted."""
    text = ", ".join(quoted(value) for value in values[:limit])
    return text if len(values) <= limit else f"{text} and {len(values) - limit:,} more"


def counted(n: int, noun: str) -> str:
    """1 row, 2 rows, 12,345 rows."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
