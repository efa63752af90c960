"""Hugging Face's features: labels are numbers (ClassLabel), also within lists and objects, and the file says what
they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_LISTS = ("Sequence", "List", "LargeList")


def class_names(feature: object) -> Sequence[str]:
    """The names of the labels in a column, wherever in its feature they stand; empty for a column of others."""
    inner = _inner(feature)
    if isinstance(inner, Mapping):
        names = inner.get("names")
        if inner.get("_type") == "ClassLabel" and isinstance(names, list):
            return [str(name) for name in names]
    return ()


def class_named(value: object, feature: object) -> object:
    """The value with names for numbers; None for a number without a name, such as -1."""
    names = class_names(feature)
    if isinstance(value, list | tuple):
        return [class_named(each, feature) for each in value]
    number = str(value)
    if number.isdigit() and not isinstance(value, bool):
        return names[int(number)] if int(number) < len(names) else None
    return value if number in names else None


def _inner(feature: object) -> object:
    """What a list is made of."""
    for _ in range(8):
        if isinstance(feature, list) and len(feature) == 1:
            feature = feature[0]
        elif isinstance(feature, Mapping) and feature.get("_type") in _LISTS:
            feature = feature.get("feature")
        else:
            break
    return feature
