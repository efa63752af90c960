"""Cells that write out a list or an object, as JSON, Python or numpy do."""

from __future__ import annotations

import ast
import re

from core.data.formats.reading.json_text import read_value

_LONGEST = 20_000  # characters of a cell that is read so
_ARRAY = re.compile(r"array\((.*?)(?:,\s*dtype=[\w<.>']+)?\)", re.DOTALL)
# As numpy writes arrays, without commas: ['a' 'b'], [0 1].
_STRING = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_NUMPY_STRINGS = re.compile(rf"\[\s*{_STRING}(?:\s+{_STRING})+\s*\]")
_NUMPY_NUMBERS = re.compile(r"\[\s*[-+.\deE]+(?:\s+[-+.\deE]+)+\s*\]")


def opened_cell(cell: str) -> object:
    """The list or object that a cell writes out; else the cell."""
    text = cell.strip()
    array = _ARRAY.fullmatch(text) if text.startswith("array(") else None
    text = array[1].strip() if array else text
    if text[:1] + text[-1:] not in ("[]", "{}", "()") or len(text) > _LONGEST:
        return cell
    if _NUMPY_STRINGS.fullmatch(text):
        text = "[" + ",".join(re.findall(_STRING, text)) + "]"
    elif _NUMPY_NUMBERS.fullmatch(text):
        return text[1:-1].split()
    for read in (read_value, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(value, set) and all(
            isinstance(each, str) for each in value
        ):  # {0} is a name of something
            value = sorted(value)
        if isinstance(value, list | tuple | dict):
            return value
    return cell
