"""Reading the tags of a heavyweight model's answer, whatever it wrote around them."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

_THINKING = re.compile(r"<\s*(think(?:ing)?|reasoning|analysis|scratchpad)\s*>", re.IGNORECASE)
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
    """Where the model thinks aloud in tags such as <reasoning>. Tags inside `blocks` are part of an answer,
    not thinking."""
    spans: list[Span] = []
    for opened in _THINKING.finditer(text):
        if _inside(opened.start(), blocks) or _inside(opened.start(), spans):
            continue
        closing = re.compile(r"<\s*/\s*" + opened[1] + r"\s*>", re.IGNORECASE)
        end = next(
            (tag.end() for tag in closing.finditer(text, opened.end()) if not _inside(tag.start(), blocks)),
            None,
        )
        if end is not None:
            spans.append((opened.start(), end))
    return spans


def outside(positions: Sequence[Span], spans: Sequence[Span]) -> list[Span]:
    """Those that do not start inside any of the spans."""
    return [position for position in positions if not _inside(position[0], spans)]


def _inside(position: int, spans: Sequence[Span]) -> bool:
    return any(start <= position < end for start, end in spans)
