"""What a prompt may say about a text besides its words: a question mark, its length, numbers, code, how alike
its two parts are; and which texts have such a trait."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.offline.words import StemmedText, words

LENGTHS = (6, 10, 15, 25, 50)  # words
SHARES = (20, 30, 40, 50, 60, 70, 80)  # per cent
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


@dataclass(frozen=True, slots=True)
class Trait:
    """`condition` fits between "If" and a comma; `rows` are the indices of the texts that have it."""

    condition: str
    rows: tuple[int, ...]


def traits(texts: Sequence[str]) -> list[Trait]:
    """All traits that some of the texts have and some lack."""
    measured = (
        Trait(condition, tuple(row for row, holds in enumerate(has) if holds))
        for condition, has in _measured(texts, [shape(text, words(text)) for text in texts])
    )
    return [trait for trait in measured if 0 < len(trait.rows) < len(texts)]


def _measured(texts: Sequence[str], shapes: Sequence[Shape]) -> Iterator[tuple[str, list[bool]]]:
    """Conditions, and which of the texts meet them."""
    yield "the text ends with a question mark", [each.question for each in shapes]
    yield "the text contains a number", [each.number for each in shapes]
    yield "the text contains code", [each.code for each in shapes]
    for length in LENGTHS:
        yield f"the text has fewer than {length} words", [each.length < length for each in shapes]
        yield f"the text has at least {length} words", [each.length >= length for each in shapes]
    parts = next((name for text in texts if (name := part_name(text))), "")
    shares = [each.shared for each in shapes]
    for most in SHARES if parts else ():
        yield (
            f"the two {parts} share at least {most} % of their words",
            [share is not None and share >= most / 100 for share in shares],
        )
        yield (
            f"the two {parts} share less than {most} % of their words",
            [share is not None and share < most / 100 for share in shares],
        )
