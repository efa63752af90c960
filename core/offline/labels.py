"""Which labels a prompt allows, where it mentions them, and in which form it wants the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LISTED = re.compile(
    r"\b(?:labels?|classes|categories|topics|options|choices)\b(?: (?:is|are))?\s*:\s*(.+)", re.I
)
_ONE_OF = re.compile(
    r"\b(?:one of|either|one label of|choose (?:from|between)|classify (?:it )?as)\b(?: the following| these)?(?: \w+:)?\s+(.+)",
    re.I,
)
_KEYED = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+(\S[^:\n]{0,80}?)[ \t]*(?::|$)", re.M)
_FORM = re.compile(r"<([A-Za-z][\w-]*)>[^<>\n]*</\1>")
_ITEM = re.compile(r'\s*(?:"([^"]+)"(?=\s*(?:[,;|]|$))|((?:[^,;|]|[,;|](?!\s))+))(?:[,;|]\s+|[,;|]?$)')
_QUOTES = "\"'`“”‘’"


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """`tag` is empty when the prompt asks for the bare label; `reason` tells whether a reason is wanted."""

    tag: str = ""
    reason: bool = False


def label_list(instructions: str) -> tuple[str, ...]:
    """The labels, as "labels: a, b, c", "one of a, b or c" or lines "- label: …" give them; else none."""
    for pattern in (_LISTED, _ONE_OF):
        for line in instructions.splitlines():
            match = pattern.search(line)
            names = _split(match.group(1)) if match else ()
            if len(names) > 1:
                return _mended(names, instructions)
    keyed = tuple(dict.fromkeys(_bare(name) for name in _KEYED.findall(instructions)))
    return keyed if len(keyed) > 1 and all(len(name.split()) <= 5 for name in keyed) else ()


def _split(listed: str) -> tuple[str, ...]:
    """Between commas, except inside double quotes; before the last one "or" will do."""
    ended = listed.strip()
    ended = ended[:-1] if ended.endswith(".") else ended
    items = [quoted or _bare(plain) for quoted, plain in _ITEM.findall(ended) if (quoted or plain).strip()]
    if not items:
        return ()
    last = re.sub(r"^(?:or|and) ", "", items[-1])
    return tuple(dict.fromkeys([*items[:-1], *map(_bare, re.split(r" or ", last))]))


def _mended(names: tuple[str, ...], instructions: str) -> tuple[str, ...]:
    """Puts together again what a separator inside a label took apart, where a line of its own names the label
    whole."""
    keyed = [_bare(name) for name in _KEYED.findall(instructions)]
    for whole in keyed:
        pieces = _split(whole)
        for at in range(len(names) - len(pieces) + 1):
            if len(pieces) > 1 and names[at : at + len(pieces)] == pieces:
                names = (*names[:at], whole, *names[at + len(pieces) :])
                break
    return names


def _bare(name: str) -> str:
    name = name.strip()
    return name[1:-1] if len(name) > 2 and name[0] in _QUOTES and name[-1] in _QUOTES else name


def answer_form(instructions: str) -> AnswerForm:
    """The last tag pair on one line, such as <label>the label</label>; a reason where the prompt speaks of
    one."""
    pairs = list(_FORM.finditer(instructions))
    reason = bool(
        re.search(r"\breason|\bexplain|\bjustif|\bsentence\b|\bwhy\b|step by step", instructions, re.I)
    )
    return AnswerForm(pairs[-1].group(1) if pairs else "", reason)


@dataclass(frozen=True, slots=True)
class Mention:
    label: str
    start: int
    end: int


class LabelFinder:
    """Finds labels in sentences: whole names only, in any case, the longest first."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = {label.casefold(): label for label in labels}
        ordered = sorted(labels, key=len, reverse=True)
        self._pattern = re.compile("|".join(_whole(label) for label in ordered), re.I) if ordered else None

    def mentions(self, sentence: str) -> list[Mention]:
        if self._pattern is None:
            return []
        labelled = (
            (match, self._labels.get(match.group().casefold())) for match in self._pattern.finditer(sentence)
        )
        return [Mention(label, match.start(), match.end()) for match, label in labelled if label]


def _whole(label: str) -> str:
    left = r"(?<!\w)" if label[:1].isalnum() else ""
    right = r"(?!\w)" if label[-1:].isalnum() else ""
    return left + re.escape(label) + right
