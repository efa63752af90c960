"""When two pieces of text count as the same words, and which label of the set a model meant: the same words,
never a part of them."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterator, Sequence

_SPACES = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
_WRAPPING = "\"'`*“”‘’„«»" + _SPACES


def fold(text: str) -> str:
    """The text without what does not matter: outer and repeated white space, case, Unicode variants
    (NFKC)."""
    if text.isascii():  # NFKC changes nothing in ASCII; this path is ten times as fast
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def match_label(text: str, labels: Sequence[str]) -> str:
    """The label of the set that `said` names, or "" if it names none or could be several.

    Tried as written, then with HTML entities read, then without surrounding quotes, backticks, asterisks and
    a final period. Labels that differ only by case or the like are told apart by their exact spelling alone.
    """
    for form in _forms(text):
        if form in labels:
            return form
        wanted = fold(form)
        alike = [label for label in labels if fold(label) == wanted] if wanted else []
        exact = [label for label in alike if label.strip() == form]
        if alike:
            return exact[0] if len(exact) == 1 else alike[0] if len(alike) == 1 else ""
    return ""


def _forms(text: str) -> Iterator[str]:
    written = text.strip()
    yield written
    unescaped = html.unescape(written).strip()
    if unescaped != written:
        yield unescaped
    for form in dict.fromkeys((_unwrapped(written), _unwrapped(unescaped))):
        if form not in (written, unescaped):
            yield form


def _unwrapped(text: str) -> str:
    return text.lstrip(_WRAPPING).rstrip(_WRAPPING + ".")
