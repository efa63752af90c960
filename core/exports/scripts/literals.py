"""Values as Python source."""

from __future__ import annotations

from collections.abc import Mapping
from pprint import pformat

WIDTH = 110


def text_literal(text: str, indent: int = 4) -> str:
    """A text as Python, a line of it per line of code."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        return repr(text)
    pad = " " * indent
    return "(\n" + "\n".join(pad + repr(line) for line in lines) + "\n" + pad[4:] + ")"


def python_literal(value: object) -> str:
    return pformat(value, width=WIDTH, sort_dicts=False)


def mapping_literal(values: Mapping[str, object]) -> str:
    """A dict display; long texts are broken after their line ends."""
    lines = [
        f"    {key!r}: {text_literal(value, 8) if isinstance(value, str) else python_literal(value)},"
        for key, value in values.items()
    ]
    return "{\n" + "\n".join(lines) + "\n}"
