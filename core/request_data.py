"""Data inside the tags of a request to a model: whatever it says, it closes none of them."""

from __future__ import annotations

import re

_GAP = r"[\s\u200b-\u200f\u2060\ufeff]*"  # white space, and what is not seen at all
_BROKEN = r"<\1\\/"  # how a closing tag of ours stands in data
_SHOWN = re.compile(rf"<({_GAP})\\/")


def closing_tags(*names: str) -> re.Pattern[str]:
    """Matches where one of these tags (regular expressions of their names) would be closed, as a model may read it: in
    any case, with gaps."""
    return re.compile(rf"<({_GAP})/(?={_GAP}(?:{'|'.join(names)})\b)", re.IGNORECASE)


def as_data(text: str, tags: re.Pattern[str]) -> str:
    """The text with a backslash in each of these closing tags; other texts stay as they are."""
    return tags.sub(_BROKEN, text)


def restored(text: str) -> str:
    """The text as it was before `as_data`."""
    return _SHOWN.sub(r"<\1/", text)
