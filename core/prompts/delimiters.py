"""The tag that encloses the text to classify, such as <text>…</text>. The text is data and must not close
it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TAG = re.compile(r"<(?P<slash>/\s*)?(?P<name>[A-Za-z][\w.-]*)(?:\s[^<>]*)?>")


def delimiter(prefix: str, suffix: str) -> str:
    """Name of the tag that the prefix opens last and the suffix closes; "" if there is none."""
    for name, _ in reversed(still_open(prefix)):
        first = next((tag for tag in _TAG.finditer(suffix) if _same(tag["name"], name)), None)
        if first is not None and first["slash"]:
            return name
    return ""


def still_open(text: str) -> list[tuple[str, int]]:
    """Tags opened and not closed in the text, in order: name and where the tag starts."""
    opened: list[tuple[str, int]] = []
    for tag in _tags(text):
        if not tag["slash"]:
            opened.append((tag["name"], tag.start()))
            continue
        for index in range(len(opened) - 1, -1, -1):
            if _same(opened[index][0], tag["name"]):
                del opened[index]
                break
    return opened


def closing_at_start(suffix: str) -> str:
    """Name of the closing tag that the suffix begins with, white space aside; "" if it begins with something
    else."""
    tag = _TAG.match(suffix.lstrip())
    return tag["name"] if tag and tag["slash"] else ""


def defuse(text: str, name: str) -> str:
    """The text with every closing tag of that name broken: "</text>" becomes "<\\/text>". An empty name
    changes nothing.

    Any case, inner spaces, and a tag left open count too, as a lenient reader would take them for the end.
    """
    if not name or "<" not in text:
        return text
    return re.sub(r"<(\s*)/(?=\s*" + re.escape(name) + r"(?![\w.-]))", r"<\1\\/", text, flags=re.IGNORECASE)


def _tags(text: str) -> Iterator[re.Match[str]]:
    return (tag for tag in _TAG.finditer(text) if not tag.group().endswith("/>"))


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
