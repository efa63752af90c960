"""A shortlist of labels for each text: with many labels, a request names only those of the examples most like its
text, and leaves out what the prompt says of the others.

The prompt stays whole: it is edited, stored and shown as it is, and shortened request by request. Only labels that
the examples know are ever left out, so a label that has none is named in every request.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from core.prompts.blocks import Block, BlockKind, blocks, text_of
from core.prompts.named_labels import spelling
from core.similarity.neighbours import neighbours_from_prompt
from core.types import FewShot, Prompt, Shot

T = TypeVar("T")

VOTERS = 200  # examples that choose a shortlist: 100 did as well, 50 lost one right label in 100
_DAMPING = 10  # a vote weighs 1 / (rank + 10): as reciprocal rank fusion (Cormack et al. 2009), but steeper
LISTED = 4  # labels between commas that make a list of labels, and no rule
_FIELDS = ("system_prompt", "user_prompt_prefix", "user_prompt_suffix")
_MARKS = "[\"'`*_“”‘’]*"
_COMMA = re.compile(r"\s*[,;|/]\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+")
_IN_LIST = re.compile(r"(?<=[,;|/]\s)|(?<=[,;|/])|(?<=\bor\s)|(?<=\band\s)")
_END = re.compile(r"\s*[.!?)]?\s*$", re.M)
_START = re.compile(r"[\s|>#(\[]*" + _MARKS)
_DEFINES = re.compile(_MARKS + r"[)\]]?\s*(?::|—|–|-\s|=|\||$)")


def examples_read(prompt: Prompt) -> FewShot:
    """The prompt's few-shot choice with as many neighbours as a request is made from: those that are shown, and
    those that choose the labels."""
    few_shot = prompt.few_shot
    return replace(few_shot, k=max(few_shot.k, VOTERS)) if prompt.shortlist else few_shot


def neighbours_read(prompt: Prompt, texts: Sequence[str]) -> list[tuple[Shot, ...]]:
    """Per text the prompt's own examples that its request is made from, least similar first."""
    return neighbours_from_prompt(examples_read(prompt), texts)


def shown_of(prompt: Prompt, neighbours: Sequence[T]) -> tuple[T, ...]:
    """Those of the neighbours that a request shows."""
    hidden = max(0, len(neighbours) - prompt.few_shot.k) if prompt.shortlist else 0
    return tuple(neighbours[hidden:])


def shows_examples(prompt: Prompt) -> bool:
    """Whether a request shows examples; those of a shortlist alone choose labels unseen."""
    few_shot = prompt.few_shot
    return few_shot.strategy != "none" and not (prompt.shortlist and few_shot.k == 0)


def with_few_shot(prompt: Prompt, few_shot: FewShot) -> Prompt:
    """The prompt with another few-shot choice; its shortlist goes on being chosen by its own examples."""
    if not prompt.shortlist or few_shot.strategy == "fixed":
        return replace(prompt, few_shot=few_shot, shortlist=0)
    return replace(prompt, few_shot=replace(prompt.few_shot, k=few_shot.k))


def shortlisted(neighbours: Sequence[Shot], size: int) -> tuple[str, ...]:
    """The likeliest labels, best first: each neighbour (least similar first) votes for its own by its rank."""
    votes: dict[str, float] = defaultdict(float)
    for rank, shot in enumerate(reversed(neighbours)):
        votes[shot.label] += 1 / (rank + _DAMPING)
    return tuple(sorted(votes, key=lambda label: -votes[label])[:size])


def on_shortlist(prompt: Prompt, labels: Sequence[str], neighbours: Sequence[Sequence[Shot]]) -> int:
    """For how many texts the right label is named, given theirs and the neighbours that their requests are made from;
    a label without examples always is."""
    known = {shot.label for shot in prompt.few_shot.examples}
    return sum(
        label not in known or label in shortlisted(nearest, prompt.shortlist)
        for label, nearest in zip(labels, neighbours, strict=True)
    )


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
        for run in _runs(self.listed):
            kept = [each for each in run if each.label not in left_out]
            words = [self.text[each.start : each.next] for each in kept[:-1]]
            words += [self.text[each.start : each.end] for each in kept[-1:]]
            text += self.text[at : run[0].start] + "".join(words)
            at = run[-1].end if kept else run[-1].next
        return text + self.text[at:]


def _runs(listed: Sequence[_Listed]) -> list[list[_Listed]]:
    """Those that follow each other directly."""
    runs: list[list[_Listed]] = []
    for each in listed:
        if runs and runs[-1][-1].next == each.start:
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


class Shortener:
    """One prompt, read once, to be shortened for many texts."""

    def __init__(self, prompt: Prompt):
        known = {shot.label for shot in prompt.few_shot.examples} if prompt.shortlist else set()
        self._prompt, self._known = prompt, frozenset(known)
        # Longest first: "request" inside "feature request" is not named.
        self._labels = sorted(known, key=lambda label: (-len(label), label))
        names = "|".join(f"({spelling(label)})" for label in self._labels)
        self._pattern = re.compile(rf"{_MARKS}(?<!\w)(?:{names})(?!\w){_MARKS}", re.I)
        self._fields = {name: self._read(getattr(prompt, name)) for name in _FIELDS} if known else {}
        self._made: dict[frozenset[str], Prompt] = {}

    def prompt_for(self, neighbours: Sequence[Shot]) -> Prompt:
        """The prompt without the labels that are not likely, and without what it says of these alone."""
        if not self._known or not neighbours:
            return self._prompt
        left_out = self._known - set(shortlisted(neighbours, self._prompt.shortlist))
        if left_out not in self._made:
            fields: dict[str, Any] = {name: self._without(name, left_out) for name in self._fields}
            self._made[left_out] = replace(self._prompt, **fields)
        return self._made[left_out]

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
            _START.fullmatch(text[: found[0].start()]) and _DEFINES.match(text, found[0].end())
        )
        return _Unit(text, names, bool(found) and (whole or defines))

    def _label(self, match: re.Match[str]) -> str:
        return self._labels[(match.lastindex or 1) - 1]

    def _listed(self, text: str, match: re.Match[str]) -> _Listed | None:
        comma = _COMMA.match(text, match.end())
        last = _IN_LIST.match(text, match.start()) and _END.match(text, match.end())
        if not (comma or last):
            return None
        return _Listed(self._label(match), match.start(), match.end(), comma.end() if comma else match.end())

    def _without(self, name: str, left_out: frozenset[str]) -> str:
        """The field, white space at its ends as it was. What stands under a heading that goes, goes with it, unless it
        names a label that stays."""
        before: str = getattr(self._prompt, name)
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
