"""The lines that the editor writes into a prompt, and finds there again: plain English, each a rule that
stands on its own.

- Typical of a_label: docs, readme, tutorial
- If the text starts with "add" or "ability", it is usually a_label.
- If the text mentions "docs" or "readme", answer a_label, even if other words point elsewhere.
- If the two questions share at least 60 % of their words, it is usually a_label.
- If nothing else points to a label, answer a_label.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.offline.words import STOP_WORDS
from core.types import Edit, Prompt

FIELD = "system_prompt"
WORDS, STARTS, STRONG, SHAPE, OTHERWISE = "words", "starts", "strong", "shape", "otherwise"
_WRITTEN = {  # what stands before the items, between items and label, and after the label; "words" has the label first
    STARTS: ("- If the text starts with ", ", it is usually ", "."),
    STRONG: ("- If the text mentions ", ", answer ", ", even if other words point elsewhere."),
    SHAPE: ("- If ", ", it is usually ", "."),
    OTHERWISE: ("- If nothing else points to a label, answer ", "", "."),
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """`items` are words and phrases as they are written; a shape line has its condition as its only item."""

    kind: str
    label: str
    items: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        if self.kind == WORDS:
            return f"- Typical of {self.label}: " + ", ".join(map(quoted_if_needed, self.items))
        before, between, after = _WRITTEN[self.kind]
        named = "".join(self.items) if self.kind in (SHAPE, OTHERWISE) else _either(self.items)
        return before + named + between + self.label + after


def quoted_if_needed(item: str) -> str:
    """Stop words count only where they are quoted."""
    return f'"{item}"' if set(item.split()) & STOP_WORDS else item


def _either(items: Sequence[str]) -> str:
    quoted = [f'"{item}"' for item in items]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]


def read_rule_lines(written: str, labels: Sequence[str]) -> list[RuleLine]:
    """The lines of a prompt that have exactly a form of this file; what is written otherwise is left
    alone."""
    result = []
    for text in written.splitlines():
        lines = (_read(text, label, kind) for kind in (WORDS, *_WRITTEN) for label in labels)
        result += [line for line in lines if line is not None and line.text == text][:1]
    return result


def _read(text: str, label: str, kind: str) -> RuleLine | None:
    if kind == WORDS:
        begin = f"- Typical of {label}: "
        return (
            RuleLine(WORDS, label, tuple(item.strip('"') for item in text[len(begin) :].split(", ")))
            if text.startswith(begin)
            else None
        )
    before, between, after = _WRITTEN[kind]
    end = between + label + after
    if not text.startswith(before) or not text.endswith(end) or len(text) < len(before) + len(end):
        return None
    named = text[len(before) : -len(end)]
    return RuleLine(kind, label, (named,) if kind == SHAPE else tuple(re.findall(r'"([^"]+)"', named)))


def edit_for(prompt: Prompt, old: RuleLine | None, new: RuleLine | None) -> Edit | None:
    """The edit that puts `new` in the place of `old`, appends it, or takes `old` out. None where it would not
    be unmistakable."""
    if old is None:
        return Edit(FIELD, "", new.text) if new else None
    return (
        Edit(FIELD, old.text, new.text if new else "") if prompt.system_prompt.count(old.text) == 1 else None
    )
