"""The lines that the editor writes into a prompt, and finds there again: plain English, one rule a line.

    Typical words, the most telling first:
    - documentation: docs, readme, tutorial
    - If the text starts with "add" or "ability", it is usually a_label.
    - If the text mentions "docs" or "readme", answer a_label, even if other words point elsewhere.
    - If the two parts share at least 60 % of their words, answer a_label.
    - If nothing else points to a label, answer a_label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.types import Edit, Prompt

FIELD = "system_prompt"
HEADING = "Typical words, the most telling first:"
WORDS, STARTS, STRONG, OTHERWISE, SHAPE = "words", "starts", "strong", "otherwise", "shape"
_STARTS = ("- If the text starts with ", ", it is usually ", ".")
_STRONG = ("- If the text mentions ", ", answer ", ", even if other words point elsewhere.")
_OTHERWISE = ("- If nothing else points to a label, answer ", ".")


@dataclass(frozen=True, slots=True)
class Line:
    """`items` are words and phrases as they are written; a shape line has its condition as its only item."""

    kind: str
    label: str
    items: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        if self.kind == WORDS:
            return f"- {self.label}: " + ", ".join(_quoted_if_needed(item) for item in self.items)
        if self.kind == OTHERWISE:
            return self.label.join(_OTHERWISE)
        if self.kind == SHAPE:
            return f"- If {self.items[0]}, answer {self.label}."
        begin, middle, end = _STARTS if self.kind == STARTS else _STRONG
        return begin + _either(self.items) + middle + self.label + end


def _quoted_if_needed(item: str) -> str:
    return f'"{item}"' if needs_quotes(item) else item


def needs_quotes(item: str) -> bool:
    """Stop words count only when they are quoted."""
    from core.models.offline.words import STOP_WORDS

    return any(word in STOP_WORDS for word in item.split())


def _either(items: Sequence[str]) -> str:
    quoted = [f'"{item}"' for item in items]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]


def read_lines(written: str, labels: Sequence[str], under_heading: bool = False) -> list[Line]:
    """The lines of a prompt that have exactly a form of this file; what people wrote otherwise is left alone."""
    found = []
    for text in written.splitlines():
        under_heading = (under_heading and text.startswith("- ")) or text == HEADING
        candidates = [line for label in labels if (line := _read(text, label, under_heading)) and line.text == text]
        found += candidates[:1]
    return found


def _read(text: str, label: str, under_heading: bool) -> Line | None:
    if text == label.join(_OTHERWISE):
        return Line(OTHERWISE, label)
    for kind, (begin, middle, end) in ((STARTS, _STARTS), (STRONG, _STRONG)):
        if text.startswith(begin) and text.endswith(middle + label + end):
            return Line(kind, label, tuple(re.findall(r'"([^"]*)"', text[len(begin) : -len(middle + label + end)])))
    if text.startswith("- If ") and text.endswith(f", answer {label}."):
        return Line(SHAPE, label, (text[len("- If ") : -len(f", answer {label}.")],))
    if under_heading and text.startswith(f"- {label}: "):
        return Line(WORDS, label, tuple(item.strip('"') for item in text[len(f"- {label}: ") :].split(", ")))
    return None


def edit_for(prompt: Prompt, old: Line | None, new: Line, first_words: bool) -> Edit:
    """The edit that puts `new` in the place of `old`; without an old line it is put under the heading, or at the end."""
    if old is not None:
        return Edit(FIELD, old.text, new.text)
    if new.kind == WORDS and HEADING in prompt.system_prompt:
        return Edit(FIELD, HEADING, HEADING + "\n" + new.text)
    gap = "" if not prompt.system_prompt or prompt.system_prompt.endswith("\n") else "\n"
    heading = gap + "\n" + HEADING + "\n" if first_words and new.kind == WORDS else gap
    return Edit(FIELD, "", heading + new.text + "\n")


def changed(lines: Iterable[Line], old: Line | None, new: Line) -> list[Line]:
    kept = [line for line in lines if line != old]
    return [*kept, new]
