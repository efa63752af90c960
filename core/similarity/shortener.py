"""A prompt's fields without what they say of some labels alone: labels are struck out of lists, and items, lines that begin
with a label, and sections under a heading that is one go.

Uses nothing but the standard library, core/prompts/blocks.py and `spelling`: exported Python files hold this source.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from core.prompts.blocks import Block, BlockKind, blocks, text_of
from core.prompts.named_labels import spelling

_DAMPING = 10  # a vote weighs 1 / (rank + 10): as reciprocal rank fusion (Cormack et al. 2009), but steeper
LISTED = 4  # labels between commas that make a list of labels, and no rule
_QUOTES = "[\"'`*_“”‘’]*"
_COMMA = re.compile(r"\s*[,;|/]\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+")
_IN_LIST = re.compile(r"(?<=[,;|/]\s)|(?<=[,;|/])|(?<=\bor\s)|(?<=\band\s)")
_END_OF_LIST = re.compile(r"\s*[.!?)]?\s*$", re.M)
_BEFORE_LABEL = re.compile(r"[\s|>#(\[]*" + _QUOTES)
_DEFINES = re.compile(_QUOTES + r"[)\]]?\s*(?::|—|–|-\s|=|\||$)")


def likeliest(votes: Sequence[str], size: int) -> tuple[str, ...]:
    """The labels with most votes, best first. `votes`: the labels of the neighbours, least similar first; each counts by its
    rank."""
    weights: dict[str, float] = defaultdict(float)
    for rank, label in enumerate(reversed(votes)):
        weights[label] += 1 / (rank + _DAMPING)
    return tuple(sorted(weights, key=lambda label: -weights[label])[:size])


@dataclass(frozen=True, slots=True)
class _Listed:
    """A label in a list: its text from `start` to `end`, quotation marks included; then a comma up to `next`."""

    label: str
    start: int
    end: int
    next: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """A part of a field that stays or goes as a whole: a list item, or a line of another block. `names`: labels that
    it names; `goes`: without all of them. `listed`: labels between commas, which go one by one."""

    text: str
    names: frozenset[str]
    goes: bool = False
    listed: tuple[_Listed, ...] = ()

    def without(self, left_out: frozenset[str]) -> str | None:
        """Its text; None where it goes."""
        if self.goes and self.names <= left_out:
            return None
        text, at = "", 0
        for run in _listed_runs(self.listed):
            kept = [each for each in run if each.label not in left_out]
            words = [self.text[each.start : each.next] for each in kept[:-1]]
            words += [self.text[each.start : each.end] for each in kept[-1:]]
            text += self.text[at : run[0].start] + "".join(words)
            at = run[-1].end if kept else run[-1].next
        return text + self.text[at:]


def _listed_runs(listed: Sequence[_Listed]) -> list[list[_Listed]]:
    """Those that follow each other directly."""
    runs: list[list[_Listed]] = []
    for each in listed:
        if runs and runs[-1][-1].next == each.start:
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


class FieldShortener:
    """Fields by name, read once, to be shortened for many texts. `labels`: those that may be left out."""

    def __init__(self, fields: Mapping[str, str], labels: Collection[str]):
        # Longest first: "request" inside "feature request" is not named.
        self._labels = sorted(labels, key=lambda label: (-len(label), label))
        names = "|".join(f"({spelling(label)})" for label in self._labels)
        self._pattern = re.compile(rf"{_QUOTES}(?<!\w)(?:{names})(?!\w){_QUOTES}", re.I)
        self._texts = fields
        self._fields = {name: self._read(text) for name, text in fields.items()}

    def without(self, left_out: frozenset[str]) -> dict[str, str]:
        """The fields without these labels, white space at their ends as it was."""
        return {name: self._without(name, left_out) for name in self._fields}

    # ---- private

    def _read(self, text: str) -> list[tuple[Block, list[_Unit]]]:
        return [(block, self._units(block)) for block in blocks(text)]

    def _units(self, block: Block) -> list[_Unit]:
        whole = block.kind is BlockKind.ITEM
        return [self._unit(text, whole) for text in ([block.text] if whole else block.text.split("\n"))]

    def _unit(self, text: str, whole: bool) -> _Unit:
        """A line that is no item goes only where it begins with its label, as a definition does."""
        found = list(self._pattern.finditer(text))
        listed = [each for match in found if (each := self._listed(text, match))]
        names = frozenset(map(self._label, found))
        if len(listed) >= LISTED:
            return _Unit(text, names, listed=tuple(listed))
        defines = bool(found) and bool(
            _BEFORE_LABEL.fullmatch(text[: found[0].start()]) and _DEFINES.match(text, found[0].end())
        )
        return _Unit(text, names, bool(found) and (whole or defines))

    def _label(self, match: re.Match[str]) -> str:
        return self._labels[(match.lastindex or 1) - 1]

    def _listed(self, text: str, match: re.Match[str]) -> _Listed | None:
        comma = _COMMA.match(text, match.end())
        last = _IN_LIST.match(text, match.start()) and _END_OF_LIST.match(text, match.end())
        if not (comma or last):
            return None
        return _Listed(self._label(match), match.start(), match.end(), comma.end() if comma else match.end())

    def _without(self, name: str, left_out: frozenset[str]) -> str:
        """The field, white space at its ends as it was. What stands under a heading that goes, goes with it, unless it
        names a label that stays."""
        before = self._texts[name]
        kept: list[Block] = []
        gone: set[int] = set()
        changed = False
        for index, (block, units) in enumerate(self._fields[name]):
            below = gone.intersection(block.above) and not any(unit.names - left_out for unit in units)
            texts = [None if below else unit.without(left_out) for unit in units]
            lines = [text for text in texts if text is not None]
            changed = changed or lines != [unit.text for unit in units]
            if lines:
                kept.append(replace(block, text="\n".join(lines)))
            elif block.kind is BlockKind.HEADING:
                gone.add(index)
        if not changed:
            return before
        end = before[len(before.rstrip()) :]
        return before[: len(before) - len(before.lstrip())] + text_of(kept).strip() + end
