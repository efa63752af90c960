"""A prompt's text as blocks: what a person would move, keep or strike out as one thing.

A block is a list item with its continuation lines and sub-items, a paragraph, a table, a fenced text, or a
heading, which stands for what is below it. So no rule is torn where its line ends, and no heading is left
alone.

Uses nothing but the standard library: exported Python files hold this source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_ITEM = re.compile(
    r"(?P<indent>[ \t]*)(?P<mark>[-*•+–](?=[ \t])|(?:\*\*)?(?P<number>\d{1,3})(?=[.)][ \t*]))",
    re.I,
)
_NUMBERED_HEADING = re.compile(r"[#*_ ]*(?:step |rule |part )?(?P<number>\d{1,2})(?=[.):\s])", re.I)
_HASHES = re.compile(r"(#{1,6})\s+\S")
_BOLD = re.compile(r"(\*\*|__)(?=\S)[^*_\n]{1,80}(?<=\S)\1:?\s*\Z|(\*\*|__)(?=\S)[^*_\n]{1,80}:\2\s*\Z")
_OPENING_TAG = re.compile(r"<\s*([A-Za-z][\w-]*)\b[^<>/]*>\Z")
_TERM = re.compile(r"[^\s:]+(?: [^\s:]+){0,3}\s*(?::|—|–| - )")
_ARROW = re.compile(r"->|→|=>")
_FENCE = re.compile(r"(```+|~~~+)")
_END_OF_SENTENCE = (".", "!", "?", ":", ";", "。", "…", ")", '"')
_FULL_LINE = 60  # characters from which on a line that does not end its sentence goes on below
LEAD_LEVEL = 8  # of a line that announces what is below it; headings proper have lower ones
_BOLD_LEVEL, _TAG_LEVEL = 7, 0


class BlockKind(StrEnum):
    HEADING = "heading"
    CLOSING = "closing_tag"
    ITEM = "item"
    PARAGRAPH = "paragraph"
    TABLE = "table"
    FENCE = "fence"


@dataclass(frozen=True, slots=True)
class Block:
    """`text`: its lines as they stand. `gap`: blank lines before it. `above`: indices, among the blocks of its
    text, of the headings that it stands under, outermost first. `level`: of a heading; lower ones hold higher
    ones."""

    text: str
    kind: BlockKind
    gap: int = 0
    above: tuple[int, ...] = ()
    level: int = 0

    @property
    def says(self) -> str:
        """Its words alone: without list mark and white space at line ends."""
        mark = _ITEM.match(self.text) if self.kind is BlockKind.ITEM else None
        text = self.text[mark.end() :].lstrip(".):*") if mark else self.text
        return " ".join(text.split())

    @property
    def number(self) -> int | None:
        """Its number in a numbered list, or among numbered headings."""
        mark = mark_of(self)
        return int(mark["number"]) if mark and mark["number"] else None

    @property
    def is_structure(self) -> bool:
        """Whether it says something only by what stands below it."""
        return self.kind in (BlockKind.HEADING, BlockKind.CLOSING)


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a text, in order. `text_of` makes the same text of them, white space at its ends aside."""
    lines = text.split("\n")
    read: list[Block] = []
    open_headings: list[int] = []
    gap, index = 0, 0
    while index < len(lines):
        if not lines[index].strip():
            gap, index = gap + 1, index + 1
            continue
        kind, level, end = _next_block(lines, index)
        text_of_block = "\n".join(line.rstrip() for line in lines[index:end])
        _close(open_headings, read, kind, level, text_of_block)
        read.append(Block(text_of_block, kind, gap if read else 0, tuple(open_headings), level))
        if kind is BlockKind.HEADING:
            open_headings.append(len(read) - 1)
        gap, index = 0, end
    return tuple(read)


def text_of(parts: Sequence[Block]) -> str:
    """The text that the blocks make."""
    text = "".join("\n" * (block.gap + 1) + block.text for block in parts)
    return text.lstrip("\n")


def unwrapped(text: str) -> str:
    """The text with every sentence that goes on below on one line: so it can be copied, found and compared."""
    for block in blocks(text):
        if block.kind in (BlockKind.ITEM, BlockKind.PARAGRAPH) and "\n" in block.text:
            first, *rest = block.text.split("\n")
            lines = [first]
            for line in rest:
                if _goes_on(lines[-1], line):
                    lines[-1] += " " + line.strip()
                else:
                    lines.append(line)
            text = text.replace(block.text, "\n".join(lines), 1)
    return text


# ---- reading


def _next_block(lines: Sequence[str], start: int) -> tuple[BlockKind, int, int]:
    """BlockKind, level and end (a line index) of the block that begins at the line."""
    line = lines[start].strip()
    if fence := _FENCE.match(line):
        return BlockKind.FENCE, 0, _end_of_fence(lines, start, fence[1])
    if _closing_tag(line):
        return BlockKind.CLOSING, _TAG_LEVEL, start + 1
    if _opens_section(lines, start):
        return BlockKind.HEADING, _TAG_LEVEL, start + 1
    if hashes := _HASHES.match(line):
        return BlockKind.HEADING, len(hashes[1]), start + 1
    if item := _ITEM.match(lines[start]):
        return BlockKind.ITEM, 0, _end_of_item(lines, start, len(item["indent"].expandtabs(4)))
    if line.startswith("|"):
        end = start
        while end < len(lines) and lines[end].strip().startswith("|"):
            end += 1
        return BlockKind.TABLE, 0, end
    if _BOLD.match(line) and _has_content_below(lines, start):
        return BlockKind.HEADING, _BOLD_LEVEL, start + 1
    end = start + 1
    while end < len(lines) and _goes_on(lines[end - 1], lines[end]):
        end += 1
    if _leads_in(lines, start, end):
        return BlockKind.HEADING, LEAD_LEVEL, end
    return BlockKind.PARAGRAPH, 0, end


def _close(open_headings: list[int], read: Sequence[Block], kind: BlockKind, level: int, text: str) -> None:
    """Takes the headings away that do not reach over the next block."""

    def top() -> Block | None:
        return read[open_headings[-1]] if open_headings else None

    if kind is BlockKind.CLOSING:
        name = _closing_tag(text)
        names = [_tag_name(read[index].text) for index in open_headings]
        if name in names:
            del open_headings[len(names) - 1 - names[::-1].index(name) :]
        return
    if kind is BlockKind.HEADING and level != _TAG_LEVEL:
        while (heading := top()) and heading.level != _TAG_LEVEL and heading.level >= level:
            open_headings.pop()
    while (heading := top()) and heading.level == LEAD_LEVEL and not _leads_to(read, open_headings[-1], kind):
        open_headings.pop()


def _leads_to(read: Sequence[Block], lead: int, kind: BlockKind) -> bool:
    """Whether the next block stands below the line that announces it: one block, or all items of one list."""
    below = [block.kind for block in read[lead + 1 :]]
    return not below or (kind is BlockKind.ITEM and below[0] is BlockKind.ITEM)


def _end_of_item(lines: Sequence[str], start: int, indent: int) -> int:
    """Where the item ends: what is indented further belongs to it, and a line that its sentence goes on in."""
    end = start + 1
    while end < len(lines):
        line = lines[end]
        if not line.strip():
            after = next((later for later in lines[end + 1 :] if later.strip()), "")
            if _indent(after) <= indent or _indent(after) < 2:
                break
        elif _indent(line) <= indent and (_ITEM.match(line) or not _goes_on(lines[end - 1], line)):
            break
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    return end


def _end_of_fence(lines: Sequence[str], start: int, mark: str) -> int:
    for end in range(start + 1, len(lines)):
        if lines[end].strip().startswith(mark):
            return end + 1
    return len(lines)


def _goes_on(before: str, line: str) -> bool:
    """Whether the sentence of the line before goes on in this one."""
    begun, words = before.strip(), line.strip()
    if not words or not begun or begun.endswith(_END_OF_SENTENCE):
        return False
    if _ITEM.match(line) or _HASHES.match(words) or _FENCE.match(words) or words[0] in "|<":
        return False
    if _TERM.match(words[:_FULL_LINE]) or (_ARROW.search(begun) and _ARROW.search(words)):
        return False
    full = len(begun) >= _FULL_LINE and (_indent(line) > 0 or not _ITEM.match(before))
    return words[0].islower() or full


def _leads_in(lines: Sequence[str], start: int, end: int) -> bool:
    """Whether the paragraph announces the list below it."""
    last = lines[end - 1].strip()
    if last.endswith(":"):
        return any(line.strip() for line in lines[end : end + 2])
    name_alone = end == start + 1 < len(lines) and len(last.split()) <= 5 and last[-1].isalnum()
    return name_alone and bool(_ITEM.match(lines[end]))


def _has_content_below(lines: Sequence[str], start: int) -> bool:
    return any(line.strip() for line in lines[start + 1 : start + 3])


def _opens_section(lines: Sequence[str], start: int) -> bool:
    name = _tag_name(lines[start])
    return bool(name) and any(_closing_tag(line) == name for line in lines[start + 1 :])


def _tag_name(line: str) -> str:
    match = _OPENING_TAG.match(line.strip())
    return match[1].casefold() if match else ""


def _closing_tag(line: str) -> str:
    match = re.match(r"<\s*/\s*([A-Za-z][\w-]*)\s*>\Z", line.strip())
    return match[1].casefold() if match else ""


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def mark_of(block: Block) -> re.Match[str] | None:
    """The list mark that the block begins with, or the number of a heading; its group `number`, if it has one."""
    if block.kind is BlockKind.HEADING:
        return _NUMBERED_HEADING.match(block.text)
    return _ITEM.match(block.text) if block.kind is BlockKind.ITEM else None


def heading_key(heading: Block) -> str:
    """What makes two headings the same: their words, whatever marks them."""
    return " ".join(re.sub(r"[#*_<>/:]", " ", heading.text).split()).casefold()
