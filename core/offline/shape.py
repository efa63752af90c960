"""What a prompt may say about a text besides its words: a question mark, its length, numbers, code, how alike
its two parts are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.offline.words import StemmedText, words

_PART = re.compile(r"^\s*([^\W\d_][\w ]{0,30}?)[ _]?(\d|[ABab])\s*[:.)]\s*", re.M)


@dataclass(frozen=True, slots=True)
class Shape:
    """`shared` is the share of words (0 to 1) that the two parts of the text have in common, None without two
    parts."""

    question: bool
    number: bool
    code: bool
    length: int
    shared: float | None


def shape(text: str, stemmed: StemmedText) -> Shape:
    stripped = text.rstrip()
    return Shape(
        question=stripped.endswith("?"),
        number=bool(re.search(r"\d", text)),
        code="`" in text,
        length=len(stemmed.stems),
        shared=_shared(stripped),
    )


def parts(text: str) -> tuple[str, str] | None:
    """The two parts of a text such as "Question 1: ... Question 2: ...", or of exactly two lines."""
    starts = list(_PART.finditer(text))
    if len(starts) == 2 and starts[0].group(1).lower() == starts[1].group(1).lower():
        return text[starts[0].end() : starts[1].start()], text[starts[1].end() :]
    lines = [line.partition(": ")[2] or line for line in text.splitlines() if line.strip()]
    return (lines[0], lines[1]) if len(lines) == 2 else None


def _shared(text: str) -> float | None:
    """Jaccard index of the parts' words; of all words where a part has none that carry meaning."""
    both = parts(text)
    if not both:
        return None
    one, two = (words(part) for part in both)
    first, second = one.content() or frozenset(one.stems), two.content() or frozenset(two.stems)
    return len(first & second) / max(len(first | second), 1)


def part_name(text: str) -> str:
    """What to call the two parts of a text, such as "questions" or "lines"; empty for a text without."""
    if parts(text) is None:
        return ""
    start = _PART.match(text)
    return start.group(1).strip().lower() + "s" if start else "lines"
