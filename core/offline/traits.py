"""Traits of texts other than their words, in words that the offline reader understands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    shapes = [shape(text, words(text)) for text in texts]
    candidates = [
        Trait(condition, tuple(row for row, each in enumerate(shapes) if holds(each)))
        for condition, holds in _questions(texts)
    ]
    return [trait for trait in candidates if 0 < len(trait.rows) < len(texts)]


def _questions(texts: Sequence[str]) -> list[tuple[str, Callable[[Shape], bool]]]:
    questions: list[tuple[str, Callable[[Shape], bool]]] = [
        ("the text ends with a question mark", lambda each: each.question),
        ("the text contains a number", lambda each: each.number),
        ("the text contains code", lambda each: each.code),
    ]
    for length in LENGTHS:
        questions.append(
            (f"the text has fewer than {length} words", lambda each, length=length: each.length < length)
        )
        questions.append(
            (f"the text has at least {length} words", lambda each, length=length: each.length >= length)
        )
    named = next((name for text in texts if (name := part_name(text))), "")
    for share in SHARES if named else ():
        questions.append(
            (
                f"the two {named} share at least {share} % of their words",
                lambda each, share=share: each.shared is not None and each.shared >= share / 100,
            )
        )
        questions.append(
            (
                f"the two {named} share less than {share} % of their words",
                lambda each, share=share: each.shared is not None and each.shared < share / 100,
            )
        )
    return questions
