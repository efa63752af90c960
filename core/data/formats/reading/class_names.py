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


def classes_within(feature: object, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Sequence[str]]:
    """The names by their path in a column: () for a column of labels, ("label",) for one of objects that hold one."""
    names, inner = class_names(feature), _inner(feature)
    if names:
        return {path: names}
    if not isinstance(inner, Mapping) or "_type" in inner or len(path) > 8:
        return {}
    return {
        key: each
        for name, below in inner.items()
        for key, each in classes_within(below, (*path, name)).items()
    }


def class_named(value: object, feature: object) -> object:
    """The value with names for numbers, wherever the feature says that they are labels; None for a number without a
    name, such as -1."""
    names, inner = class_names(feature), _inner(feature)
    if isinstance(value, list | tuple):
        return [class_named(each, inner) for each in value]
    if isinstance(value, Mapping) and isinstance(inner, Mapping):
        return {key: class_named(each, inner.get(key)) for key, each in value.items()}
    if not names:
        return value
    number = str(value)
    if number.isdecimal() and number.isascii() and len(number) < 10:
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
