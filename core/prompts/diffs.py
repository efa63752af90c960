"""What changed between two prompts, line by line, and inside a changed line which words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from core.types import PROMPT_FIELDS, Edit, FewShot, Prompt

CONTEXT = 1  # unchanged lines shown beside a change
ALIKE = 0.5  # share of words that two lines have in common, from which on one is shown as the other, changed
MOST_PAIRS = 900  # of lines that are compared by their words: beyond it they are shown as they are
FEW_SHOT = "few_shot"  # counts as a field beside PROMPT_FIELDS
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


@dataclass(frozen=True, slots=True)
class ChangedField:
    """A field that differs; `name` is one of PROMPT_FIELDS or FEW_SHOT."""

    name: str
    lines: tuple[DiffLine, ...]


def prompt_changes(before: Prompt, after: Prompt) -> list[ChangedField]:
    """The fields that differ, in their order; empty exactly when nothing changed."""
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in PROMPT_FIELDS]
    pairs.append((FEW_SHOT, _in_lines(before.few_shot), _in_lines(after.few_shot)))
    return [ChangedField(name, tuple(_changed(old, new))) for name, old, new in pairs if old != new]


def edit_lines(edit: Edit, prompt: Prompt | None = None) -> list[DiffLine]:
    """What an edit takes away and puts instead. A line that it adds and that the `prompt` it is for has already, such as a
    heading, is unchanged."""
    lines = changed_lines(edit.find, edit.replace)
    if prompt is None or edit.find or edit.field not in PROMPT_FIELDS:
        return lines
    known = set(_lines(getattr(prompt, edit.field)))
    return [DiffLine(" ", line.parts) if line.text in known else line for line in lines]


def changed_lines(before: str, after: str) -> list[DiffLine]:
    """The difference by lines, long unchanged stretches left out, and without empty lines at the ends."""
    return _changed(before.strip("\n"), after.strip("\n"))


def prompt_lines(prompt: Prompt, start: Prompt) -> list[tuple[str, list[DiffLine]]]:
    """The fields that are not empty, whole, lines that the starting prompt did not have marked as new."""
    fields = []
    for name in PROMPT_FIELDS:
        if text := getattr(prompt, name):
            known = set(_lines(getattr(start, name)))
            signs = ((" " if line in known or not line.strip() else "+", line) for line in text.split("\n"))
            fields.append((name, [DiffLine(sign, ((line, False),)) for sign, line in signs]))
    return fields


def narrowed(lines: Sequence[DiffLine], wide: int) -> list[DiffLine]:
    """The lines with what goes beyond so many characters cut off."""
    return [
        line if len(line.text) <= wide else DiffLine(line.sign, ((line.text[:wide] + "…", False),))
        for line in lines
    ]


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def _in_lines(few_shot: FewShot) -> str:
    shots = [shot.label + ": " + shot.text for shot in few_shot.examples]
    return "\n".join(["strategy: " + few_shot.strategy, "k: " + str(few_shot.k), *shots])


def _changed(before: str, after: str) -> list[DiffLine]:
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


# ---- which line became which, and which of its words changed


def _replaced(old: Sequence[str], new: Sequence[str]) -> list[DiffLine]:
    """Lines in place of others: those that say nearly the same stand under each other."""
    lines, i, j = list[DiffLine](), 0, 0
    for index, other in [*_pairs(old, new), (len(old), len(new))]:
        lines += [DiffLine("-", ((text, False),)) for text in old[i:index]]
        lines += [DiffLine("+", ((text, False),)) for text in new[j:other]]
        if index < len(old):
            lines += _by_words(old[index], new[other])
        i, j = index + 1, other + 1
    return lines


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Indexes of lines that became each other, in order: as alike in all as they can be without crossing."""
    if not old or not new or len(old) * len(new) > MOST_PAIRS:
        return []
    best: list[list[tuple[float, list[tuple[int, int]]]]] = [[(0.0, [])] * (len(new) + 1)]
    for i, line in enumerate(old):
        row = [(0.0, list[tuple[int, int]]())]
        for j, other in enumerate(new):
            options = [best[i][j + 1], row[j]]
            if (alike := _likeness(line, other)) >= ALIKE:
                options.append((best[i][j][0] + alike, [*best[i][j][1], (i, j)]))
            row.append(max(options, key=lambda option: option[0]))
        best.append(row)
    return best[-1][-1][1]


def _likeness(old: str, new: str) -> float:
    """0 to 1, by their words."""
    matcher = SequenceMatcher(None, _said(old), _said(new), autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= ALIKE <= matcher.quick_ratio() else 0.0


def _said(line: str) -> list[str]:
    return [word for word in _WORDS.findall(line) if not word.isspace()]


def _by_words(old: str, new: str) -> list[DiffLine]:
    """One line for another, the words that differ marked; a space between two of them goes with them."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    gone, come = list[tuple[str, bool]](), list[tuple[str, bool]]()
    for index, (what, i1, i2, j1, j2) in enumerate(codes):
        inner = 0 < index < len(codes) - 1 and not "".join(before[i1:i2]).strip()
        changed = what != "equal" or inner
        gone.append(("".join(before[i1:i2]), changed))
        come.append(("".join(after[j1:j2]), changed))
    return [DiffLine("-", _joined(gone)), DiffLine("+", _joined(come))]


def _joined(parts: Sequence[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    """Neighbours of the same kind as one, empty ones left out."""
    joined: list[tuple[str, bool]] = []
    for text, changed in parts:
        if text and joined and joined[-1][1] == changed:
            joined[-1] = (joined[-1][0] + text, changed)
        elif text:
            joined.append((text, changed))
    return tuple(joined)
