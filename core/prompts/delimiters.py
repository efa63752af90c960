"""The tag that encloses the text to classify, such as <text>…</text>. The text is data and must not close
it.

Uses nothing but the standard library: exported Python files hold this source."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

_ANY_TAG = re.compile(r"<(?P<slash>/\s*)?(?P<name>[A-Za-z][\w.-]*)(?:\s[^<>]*)?>")


def delimiter(prefix: str, suffix: str) -> str:
    """Name of the tag that the prefix opens last and the suffix closes; "" if there is none."""
    closes: dict[str, bool] = {}  # by name, whether the suffix's first tag of that name closes
    for tag in _ANY_TAG.finditer(suffix):
        closes.setdefault(tag["name"].casefold(), bool(tag["slash"]))
    return next((name for name, _ in reversed(still_open(prefix)) if closes.get(name.casefold())), "")


def still_open(text: str) -> list[tuple[str, int]]:
    """Tags opened and not closed in the text, in order: name and where the tag starts."""
    opened: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for tag in _tags(text):
        same_name = opened[tag["name"].casefold()]
        if not tag["slash"]:
            same_name.append((tag.start(), tag["name"]))
        elif same_name:
            same_name.pop()
    return [(name, start) for start, name in sorted(chain.from_iterable(opened.values()))]


def closing_at_start(suffix: str) -> str:
    """Name of the closing tag that the suffix begins with, white space aside; "" if it begins with something
    else."""
    tag = _ANY_TAG.match(suffix.lstrip())
    return tag["name"] if tag and tag["slash"] else ""


def defuse(text: str, name: str) -> str:
    """The text with every closing tag of that name broken: "</text>" becomes "<\\/text>". An empty name
    changes nothing.

    Any case, inner spaces, and a tag left open count too, as a lenient reader would take them for the end.
    """
    if not name or "<" not in text:
        return text
    return re.sub(r"<(\s*)/(?=\s*" + re.escape(name) + r"(?![\w.-]))", r"<\1\\/", text, flags=re.IGNORECASE)


def undefused(text: str, name: str) -> str:
    """The text as it was before `defuse`."""
    if not name or "<" not in text:
        return text
    return re.sub(r"<(\s*)\\/(?=\s*" + re.escape(name) + r"(?![\w.-]))", r"<\1/", text, flags=re.IGNORECASE)


def _tags(text: str) -> Iterator[re.Match[str]]:
    return (tag for tag in _ANY_TAG.finditer(text) if not tag.group().endswith("/>"))
