"""Traits of texts other than their words, in words that the offline reader understands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.offline.shape import Shape, part_name, shape
from core.offline.words import words

LENGTHS = (6, 10, 15, 25, 50)  # words
SHARES = (20, 30, 40, 50, 60, 70, 80)  # per cent


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
