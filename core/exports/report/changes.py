"""Edits and prompts as lines to read: what went, what came, and inside a changed line which words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from core.types import PROMPT_FIELDS, Edit, Prompt

CONTEXT = 1  # unchanged lines shown beside a change
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`sign` is "+", "-", " " or "…" (lines left out); parts are pieces of text, each with whether it
    changed."""

    sign: str
    parts: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.parts)


def edit_lines(edit: Edit) -> list[DiffLine]:
    """What an edit takes away and puts instead."""
    return changed_lines(edit.find, edit.replace)


def changed_lines(before: str, after: str) -> list[DiffLine]:
    """The difference by lines, long unchanged stretches left out."""
    old, new = _lines(before), _lines(after)
    matcher, lines = SequenceMatcher(None, old, new, autojunk=False), list[DiffLine]()
    for group in matcher.get_grouped_opcodes(CONTEXT):
        if lines:
            lines.append(DiffLine("…", ()))
        for what, i1, i2, j1, j2 in group:
            if what == "equal":
                lines += [DiffLine(" ", ((text, False),)) for text in old[i1:i2]]
            else:
                lines += _replaced(old[i1:i2], new[j1:j2])
    return lines


def prompt_lines(prompt: Prompt, start: Prompt) -> list[tuple[str, list[DiffLine]]]:
    """The fields that are not empty, whole, lines that the starting prompt did not have marked as new."""
    fields = []
    for name in PROMPT_FIELDS:
        text = getattr(prompt, name)
        if text:
            known = set(_lines(getattr(start, name)))
            fields.append(
                (
                    name,
                    [
                        DiffLine(" " if line in known or not line.strip() else "+", ((line, False),))
                        for line in text.split("\n")
                    ],
                )
            )
    return fields


def narrowed(lines: Sequence[DiffLine], wide: int) -> list[DiffLine]:
    """The lines with what goes beyond so many characters cut off."""
    return [
        line if len(line.text) <= wide else DiffLine(line.sign, ((line.text[:wide] + "…", False),))
        for line in lines
    ]


def _lines(text: str) -> list[str]:
    return text.strip("\n").split("\n") if text.strip("\n") else []


def _replaced(old: Sequence[str], new: Sequence[str]) -> list[DiffLine]:
    if len(old) == len(new) == 1:
        return _by_words(old[0], new[0])
    return [DiffLine("-", ((text, False),)) for text in old] + [
        DiffLine("+", ((text, False),)) for text in new
    ]


def _by_words(old: str, new: str) -> list[DiffLine]:
    """One line for another: the words that differ are marked, unless nearly all do."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    gone, come = [], []
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        changed = what != "equal" and matcher.ratio() > 0.3
        if i2 > i1:
            gone.append(("".join(before[i1:i2]), changed))
        if j2 > j1:
            come.append(("".join(after[j1:j2]), changed))
    return [DiffLine("-", tuple(gone)), DiffLine("+", tuple(come))]
