"""Which label of the set a model meant: the same words, never a part of them."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from core.prompts.folding import fold

_SPACES = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
_WRAPPING = "\"'`*“”‘’„«»" + _SPACES


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
