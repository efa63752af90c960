"""When two pieces of text count as the same words, and which label of the set a model meant: the same words,
never a part of them.

Uses nothing but the standard library: exported Python files hold this source.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from html.entities import name2codepoint

SPACES = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
INVISIBLE = "\xad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
_PAIRS = "\"'`*_~“”‘’‚‛„«»‹›「」『』"  # what may enclose an answer
_WRAPPING = "\"'`*“”‘’„«»" + SPACES + INVISIBLE
_MOST_WRAPPINGS = 8
_MOST_LONGER = 100  # times as long as the longest label, or longer, a text names none
_ALIKE = str.maketrans("‐‑‒–—―−‘’‚‛ʼ“”„‟", "-------'''''\"\"\"\"", INVISIBLE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z][a-zA-Z0-9]{1,7}));")


def fold(text: str) -> str:
    """The text without what does not matter: outer and repeated white space, case, Unicode variants
    (NFKC)."""
    if text.isascii():  # NFKC changes nothing in ASCII; this path is ten times as fast
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def _plain(text: str) -> str:
    """Folded, with plain hyphens and quotes, and without invisible characters and the backslashes by which
    Markdown keeps its marks."""
    return fold(_ESCAPED.sub(r"\1", text.translate(_ALIKE)))


def match_label(text: str, labels: Sequence[str]) -> str:
    """The label of the set that the text names, or "" if it names none or could be several.

    Tried as written, then with HTML entities read, then without the quotes and marks around it and a final
    period; what is typed otherwise (hyphens, quotes) counts last. Labels that differ only in such things are
    told apart by their exact spelling alone.
    """
    written = text.strip()
    if len(written) > _MOST_LONGER * (1 + max(map(len, labels), default=0)):
        return ""
    forms = list(_forms(written))
    for same in (fold, _plain):
        label = _match(forms, labels, same)
        if label is not None:
            return label
    return ""


def _match(forms: Sequence[str], labels: Sequence[str], same: Callable[[str], str]) -> str | None:
    """The label that the first form of any meaning names, "" if it could be several; None if no form names
    one."""
    wanted = [(label, same(label)) for label in labels]
    for form in forms:
        if form in labels:
            return form
        folded = same(form)
        alike = [label for label, words in wanted if folded and words == folded]
        exact = [label for label in alike if label.strip() == form]
        if alike:
            return exact[0] if len(exact) == 1 else alike[0] if len(alike) == 1 else ""
    return None


def _unescaped(text: str) -> str:
    """With HTML's entities read, those of HTML 4 by name."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(entity: re.Match[str]) -> str:
    decimal, hexadecimal, name = entity.groups()
    code = (
        int(decimal)
        if decimal
        else int(hexadecimal, 16)
        if hexadecimal
        else 39
        if name == "apos"
        else name2codepoint.get(name, 0)
    )
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else entity[0]


def _forms(text: str) -> Iterator[str]:
    """The text itself, and with ever more of what may surround an answer taken away."""
    bases = dict.fromkeys((text, _unescaped(text).strip()))
    yield from bases
    for base in bases:
        yield from _unwrapped(base)


def _unwrapped(text: str) -> Iterator[str]:
    form = text
    for _ in range(_MOST_WRAPPINGS):
        if len(form) > 2 and form[0] in _PAIRS and form[-1] in _PAIRS:
            form = form[1:-1].strip()
        elif form.endswith((".", "。")):
            form = form[:-1].rstrip()
        else:
            break
        yield form
    rest = text.lstrip(_WRAPPING).rstrip(_WRAPPING + ".。")
    if rest not in (form, text):
        yield rest
