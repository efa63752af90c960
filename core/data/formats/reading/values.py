"""Values of typed files as cells: a string is itself, a number as the file writes it, true, false, and
nothing for null."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from core.errors import DataError
from core.wording import quoted

# What is nested in one cell, written out. References inside a YAML file could make a few lines into
# gigabytes.
_MOST_LETTERS = 10_000_000
# What names the label in an object, in order of preference.
_LABEL_KEYS = (
    *("label", "labels", "choice", "choices", "name", "value", "category", "class", "title", "text"),
    *("accept", "answer", "id"),
)
_SPAN_KEYS = frozenset({"start", "start_offset", "startOffset"})  # of a part of a text, which the label is of
_NO_ANSWERS = frozenset({"discarded", "draft", "pending", "rejected", "skipped", "ignored", "cancelled"})
_LIKELY = 0.5


class Number(str):
    """A number as the file writes it: 1.0 stays 1.0."""

    __slots__ = ()


class Skipped(str):
    """What stands where the file asks to run or fetch something, which is never done. The string names it."""

    __slots__ = ()


def cell(value: object) -> str:
    """One cell. Lists and objects are JSON. DataError for what cannot be written out."""
    if value is None or isinstance(value, Skipped):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping | list | tuple):
        return as_json(value)
    return str(value)


def single(value: object) -> str:
    """As `cell`, but a list of one thing is that thing: a label often stands in a list."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return cell(value)


def label_cell(value: object) -> str:
    """One label, or nothing; several as a JSON list of strings. Lists are opened, and objects that name a
    label: {"name": "bug", "color": "red"}, {"choices": ["bug"]}, scores by label {"bug": 0.9, "idea": 0.1}."""
    labels = opened_labels(value)
    return as_json(labels) if len(labels) > 1 else "".join(labels)


def opened_labels(value: object) -> list[str]:
    """The labels of a value, each once, without white space around them. An object that names none is given
    back as JSON."""
    if isinstance(value, Mapping):
        return opened_labels(_of_object(value))
    if isinstance(value, list | tuple):
        value = _likely(value)
        return list(dict.fromkeys(label for each in value for label in opened_labels(each)))
    label = cell(value).strip()
    return [label] if label else []


def _likely(values: Sequence[object]) -> Sequence[object]:
    """Of labels with scores, as classifiers give them, those with one half and more; any other list as it is."""
    scores = [
        _chance(each.get("score", each.get("value")))
        if isinstance(each, Mapping) and "label" in each
        else None
        for each in values
    ]
    if len(values) < 2 or None in scores:
        return values
    return [
        each for each, score in zip(values, scores, strict=True) if score is not None and score >= _LIKELY
    ]


def names_label(value: Mapping[str, object]) -> bool:
    """Whether an object is opened by `label_cell`, and is no row of its own with a text in it."""
    return "text" not in value and label_cell(value) != as_json(value)


def _of_object(value: Mapping[str, object]) -> object:
    """What names the label in an object; the object itself, as JSON, where nothing does."""
    if not value:
        return None
    if value.keys() & _SPAN_KEYS:
        return as_json(value)
    states = value.get("status")
    if isinstance(states, list) and isinstance(given := value.get("value"), list):
        return [{"value": each, "status": state} for each, state in zip(given, states, strict=False)]
    if cell(states).casefold() in _NO_ANSWERS:
        return None
    for name in _LABEL_KEYS:
        if value.get(name) is not None:
            return value[name]
    chances = {key: _chance(each) for key, each in value.items()}
    scores = {key: score for key, score in chances.items() if score is not None}
    if len(value) > 1 and len(scores) == len(value):
        return [key for key, score in scores.items() if score >= _LIKELY]
    return as_json(value)


def _chance(value: object) -> float | None:
    """A number from 0 to 1, or true or false; None for anything else."""
    if not isinstance(value, bool | int | float | Number):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None


def as_json(value: object) -> str:
    parts: list[str] = []
    try:
        _write(value, parts, [0])
    except RecursionError:
        raise DataError(
            "The file holds a value that is nested too deeply to be a cell: leave it out."
        ) from None
    return "".join(parts)


def _write(value: object, parts: list[str], written: list[int]) -> None:
    if isinstance(value, Mapping):
        _put("{", parts, written)
        for index, (key, inner) in enumerate(value.items()):
            _put((", " if index else "") + json.dumps(cell(key), ensure_ascii=False) + ": ", parts, written)
            _write(inner, parts, written)
        _put("}", parts, written)
    elif isinstance(value, list | tuple):
        _put("[", parts, written)
        for index, inner in enumerate(value):
            if index:
                _put(", ", parts, written)
            _write(inner, parts, written)
        _put("]", parts, written)
    elif isinstance(value, str) and not isinstance(value, Number | Skipped):
        _put(json.dumps(value, ensure_ascii=False), parts, written)
    else:
        _put("null" if value is None else cell(value), parts, written)


def _put(text: str, parts: list[str], written: list[int]) -> None:
    written[0] += len(text)
    if written[0] > _MOST_LETTERS:
        raise DataError(
            f"A nested value has more than {_MOST_LETTERS:,} characters ({quoted(''.join(parts[:9]), 30)}): leave it out."
        )
    parts.append(text)
