"""YAML to plain values, straight from the parser's events. Nothing is built, run or fetched: a tag that asks
for it becomes `Skipped`. Scalars stay as they are written, so that a label `yes` or `001` is one; only `null`
and `~` mean nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core.data.formats.reading.values import Skipped
from core.errors import DataError

# References may make a few lines into a value of any size; no real test file comes near.
_MOST_MERGED, _MOST_KEYS, _MOST_TAKEN, _DEEPEST = 50, 2_000, 1_000_000, 200
_MOST_WRITTEN, _EACH = (
    10_000_000,
    8,
)  # characters once every reference is written out; more than its own for each value
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_YAML = "tag:yaml.org,2002:"
# Their values stay as written; all other tags ask for something to be built.
_PLAIN = frozenset(
    {"!", *(_YAML + kind for kind in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map"))}
)


def read_yaml(text: str) -> object:
    """The document. DataError, in one sentence, where it is no YAML, or several documents."""
    import yaml

    try:
        # The fast parser (libyaml) where it is there; making values of its events here takes a fifth of what
        # PyYAML's nodes take.
        events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return _value(events, _MOST_WRITTEN + 4 * len(text))
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        where = f"Line {mark.line + 1:,} of the file" if mark else "The file"
        problem = (getattr(wrong, "problem", None) or "it cannot be read").split("\n")[0]
        raise DataError(
            f"{where} is not valid YAML ({problem}): correct it, or export the file again."
        ) from None
    except (RecursionError, ValueError):
        raise DataError(
            "The YAML file holds values that cannot be read or are nested too deeply: export the file again."
        ) from None


@dataclass(slots=True)
class _Open:
    """A list or mapping that has begun. `tag` is set where it is to be skipped; `key` is the one that waits
    for its value. `written`: its characters, references written out."""

    value: list[Any] | dict[Any, Any]
    tag: str = ""
    waits: bool = False
    key: object = None
    merged: list[Any] = field(default_factory=list)
    written: int = 0
    anchor: str = ""


_MERGE = object()  # the key << in a mapping


def _value(events: Iterable[Any], most_written: int) -> object:
    """The value of one document. yaml.YAMLError for what is no YAML, ValueError for what would grow beyond
    all bounds, before it has."""
    from yaml import AliasEvent, DocumentStartEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent
    from yaml.events import CollectionEndEvent

    anchors: dict[str, object] = {}
    sizes: dict[str, int] = {}
    root = _Open([])
    stack: list[_Open] = []
    within, taken = root, 0
    for event in events:
        kind = type(event)
        if kind is ScalarEvent:
            value = _scalar(event, within)
            size = _EACH + len(event.value)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            if len(stack) >= _DEEPEST:
                raise ValueError("nested too deeply")
            stack.append(within)
            tag = event.tag or "!"
            within = _Open({} if kind is MappingStartEvent else [], "" if tag in _PLAIN else tag)
            within.written, within.anchor = _EACH, event.anchor or ""
            if event.anchor:
                sizes.pop(event.anchor, None)
                anchors[event.anchor] = Skipped(within.tag) if within.tag else within.value
            continue
        elif isinstance(event, CollectionEndEvent):
            taken += _merge(within)
            if taken > _MOST_TAKEN:
                raise ValueError("too many merged")
            value = Skipped(within.tag) if within.tag else within.value
            size = sizes[within.anchor] = within.written
            within = stack.pop()
        elif kind is AliasEvent:
            if event.anchor not in anchors:
                raise _wrong("found undefined alias", event)
            if event.anchor not in sizes:  # it is still open
                raise DataError(
                    f"Line {event.start_mark.line + 1:,} of the file puts *{event.anchor} inside of what it stands for: write its "
                    "value out, or leave it out."
                )
            value, size = anchors[event.anchor], sizes[event.anchor]
        elif kind is DocumentStartEvent and root.value:
            raise _wrong("expected a single document in the stream", event)
        else:
            continue
        if kind is ScalarEvent and event.anchor:
            anchors[event.anchor], sizes[event.anchor] = value, size
        within.written += size
        if within.written > most_written:
            raise DataError(
                f"The references of the YAML file (*name) multiply to more than {most_written:,} characters: write their values out, "
                "or leave them out."
            )
        _put(value, within, event)
    return root.value[0] if root.value else None


def _scalar(event: Any, within: _Open) -> object:
    tag, text = event.tag, event.value
    if tag and tag not in _PLAIN:
        return Skipped(tag)
    if event.implicit[0]:  # neither quoted nor tagged
        if text in _NOTHING:
            return None
        if text == "<<" and type(within.value) is dict and not within.waits:
            return _MERGE
    return None if tag == _YAML + "null" else text


def _put(value: object, within: _Open, event: Any) -> None:
    """Into the list or mapping that is open: there, keys and values take turns. A later key of the same name
    wins."""
    inside: Any = within.value
    if type(inside) is list:
        inside.append(value)
    elif not within.waits:
        if isinstance(value, list | dict):
            raise _wrong("found unhashable key", event)
        within.key, within.waits = value, True
    else:
        within.waits = False
        if within.key is not _MERGE:
            inside[within.key] = value
        elif isinstance(value, dict) or (
            isinstance(value, list) and all(isinstance(each, dict) for each in value)
        ):
            within.merged += value if isinstance(value, list) else [value]
        else:
            raise _wrong("expected a mapping or list of mappings for merging", event)


def _merge(within: _Open) -> int:
    """Fill in what the mapping takes over from others by <<: its own keys win, then those of the first. How
    many keys were looked at."""
    if type(within.value) is not dict:
        return 0
    if len(within.merged) > _MOST_MERGED:
        raise ValueError("too many merged")
    if within.merged:
        own = dict(within.value)
        for other in [*reversed(within.merged), own]:
            within.value.update(other)
    if len(within.value) > _MOST_KEYS:
        raise ValueError("too many keys")
    return sum(map(len, within.merged))


def _wrong(problem: str, event: Any) -> Exception:
    from yaml.composer import ComposerError

    wrong: Exception = ComposerError(None, None, problem, event.start_mark)
    return wrong
