"""Which labels a rule gives to rows, and which label a block defines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.prompts.blocks import Block, BlockKind

# What stands before a label that a sentence does not mean: "bug, not question"; "question, even if it sounds
# like a bug".
_SET_ASIDE = re.compile(
    r"(?:\bnot|n't|\bnever|\brather than|\binstead of|\beven (?:if|when|though)|\balthough|\bdespite|\bunlike|\bregardless of)\b"
    r"[^.,;:!?]{0,60}$",
    re.I,
)
_MARKS = "*_`\"'<>#([ "


def named_labels(text: str, labels: Sequence[str]) -> frozenset[str]:
    """The labels that a text gives to rows: those it names and does not set aside ("bug, not question" is
    bug); where it sets all aside, these."""
    given, mentioned = _labels_in(text, labels)
    return given or mentioned


def labels_given(text: str, labels: Sequence[str]) -> frozenset[str]:
    """The labels that a text names and does not set aside."""
    return _labels_in(text, labels)[0]


def _labels_in(text: str, labels: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    given, mentioned = set(), set()
    taken: set[int] = set()  # places in the text
    for label in sorted(
        labels, key=len, reverse=True
    ):  # longest first: "request" inside "feature request" is not named
        for match in re.finditer(rf"(?<!\w){spelling(label)}(?!\w)", text, re.I):
            if match.start() in taken:
                continue
            taken.update(range(*match.span()))
            mentioned.add(label)
            if not _SET_ASIDE.search(text[max(0, match.start() - 80) : match.start()]):
                given.add(label)
    return frozenset(given), frozenset(mentioned)


def spelling(label: str) -> str:
    """A pattern for the label with spaces, underscores and dashes for each other."""
    return r"[\s_-]+".join(map(re.escape, re.split(r"[\s_-]+", label)))


def is_definition_of(block: Block, headings: Sequence[Block], labels: Sequence[str]) -> str:
    """The label that the block says the meaning of: it begins with the label and a colon or dash, or is the
    paragraph under a heading that is the label. Empty for a block that defines none."""
    for label in labels:
        name = rf"[{re.escape(_MARKS)}]*{spelling(label)}[{re.escape(_MARKS)}\])]*"
        if re.match(name + r"\s*(?::|—|–|-\s|=)", block.says, re.I):
            return label
        if (
            block.kind is BlockKind.PARAGRAPH
            and headings
            and re.fullmatch(name + ":?", headings[-1].text.strip(), re.I)
        ):
            return label
    return ""
