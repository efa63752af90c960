"""Reading the tags of a heavyweight model's answer, whatever it wrote around them."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter

_THINKING = re.compile(
    r"<\s*(?:(?P<slash>/)\s*)?(?:(think)|(thinking)|(reasoning)|(analysis)|(scratchpad))\s*>", re.IGNORECASE
)
_FIRST_NEWLINE = re.compile(r"\A[ \t]*\r?\n")
_LAST_NEWLINE = re.compile(r"\r?\n[ \t]*\Z")
_DEFUSED = re.compile(r"<(\s*)\\/")

Span = tuple[int, int]

CUT_OFF = "The reply is cut off"


def as_written(reply: str, tags: Sequence[str]) -> str:
    """The reply; with HTML entities read if the model escaped all of its markup, so that none of the tags
    stands there raw."""
    names = "(?:" + "|".join(tags) + r")\b"
    if not re.search(r"<\s*" + names, reply, re.IGNORECASE) and re.search(
        r"&lt;\s*" + names, reply, re.IGNORECASE
    ):
        return html.unescape(reply)
    return reply


def trimmed(value: str) -> str:
    """Without one newline at either end, and with "<\\/tag>", our way of showing a closing tag as data, read
    as "</tag>"."""
    return _DEFUSED.sub(r"<\1/", _LAST_NEWLINE.sub("", _FIRST_NEWLINE.sub("", value)))


def thinking(text: str, blocks: Sequence[Span]) -> list[Span]:
    """Where the model thinks aloud in tags such as <reasoning>. Tags inside `blocks` (in order, none within
    another) are part of an answer, not thinking."""
    closed: dict[int | None, int] = {}  # by name, where the nearest closing tag ends
    candidates: list[Span] = []
    for tag in reversed(list(_THINKING.finditer(text))):
        if _inside(tag.start(), blocks):
            continue
        if tag["slash"]:
            closed[tag.lastindex] = tag.end()
        elif tag.lastindex in closed:
            candidates.append((tag.start(), closed[tag.lastindex]))
    spans: list[Span] = []
    for span in reversed(candidates):
        if not _inside(span[0], spans):
            spans.append(span)
    return spans


def outside(positions: Sequence[Span], spans: Sequence[Span]) -> list[Span]:
    """Those that do not start inside any of the spans, which are in order and do not overlap."""
    return [position for position in positions if not _inside(position[0], spans)]


def _inside(position: int, spans: Sequence[Span]) -> bool:
    before = bisect_right(spans, position, key=itemgetter(0))
    return before > 0 and position < spans[before - 1][1]
