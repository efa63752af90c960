"""Cells that write out a list or an object, as JSON, Python or numpy do."""

from __future__ import annotations

import ast
import re

from core.data.formats.reading.json_text import DEEPEST, read_value
from core.data.formats.reading.values import Number, cell

_LONGEST = 20_000  # characters of a cell that is read so
_ARRAY = re.compile(r"array\((.*?)(?:,\s*dtype=[\w<.>']+)?\)", re.DOTALL)
# As numpy writes arrays, without commas: ['a' 'b'], [0 1].
_STRING = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_NUMPY_STRINGS = re.compile(rf"\[\s*{_STRING}(?:\s+{_STRING})+\s*\]")
_NUMPY_NUMBERS = re.compile(r"\[\s*[-+.\deE]+(?:\s+[-+.\deE]+)+\s*\]")


def opened_cell(written: str) -> object:
    """The list or object that a cell writes out; else the cell."""
    text = written.strip()
    array = _ARRAY.fullmatch(text) if text.startswith("array(") else None
    text = array[1].strip() if array else text
    if text[:1] + text[-1:] not in ("[]", "{}", "()") or len(text) > _LONGEST:
        return written
    if _NUMPY_STRINGS.fullmatch(text):
        text = "[" + ",".join(re.findall(_STRING, text)) + "]"
    elif _NUMPY_NUMBERS.fullmatch(text):
        return text[1:-1].split()
    for read in (read_value, read_python):
        try:
            value = read(text)
        except ValueError:
            continue
        if isinstance(value, set) and all(
            isinstance(each, str) for each in value
        ):  # {0} is a name of something
            value = sorted(value)
        if isinstance(value, list | tuple | dict):
            return value
    return written


def read_python(text: str) -> object:
    """The value that a text writes out as Python does, with names of objects as texts. ValueError where it is
    none, or nested too deeply."""
    try:
        return _named_by_texts(ast.literal_eval(text), DEEPEST)
    except (SyntaxError, TypeError, MemoryError, RecursionError):  # TypeError: {[]: 1}
        raise ValueError("no value as Python writes it") from None


def _named_by_texts(value: object, deep: int) -> object:
    if isinstance(value, dict | list | tuple) and not deep:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        return {cell(key): _named_by_texts(each, deep - 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_named_by_texts(each, deep - 1) for each in value)
    if isinstance(value, int) and abs(value) >= 2**63:  # too large for a float, perhaps
        return Number(str(value))
    return value
