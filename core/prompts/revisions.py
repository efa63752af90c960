"""What edits change in a text, block by block, so that some of it can be taken and the rest left."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from core.prompts.block_layout import renumbered
from core.prompts.blocks import Block, BlockKind, blocks, heading_key, text_of

SAME_BLOCK = 0.6  # two blocks whose texts share so much are two versions of one


@dataclass(frozen=True, slots=True)
class BlockChange:
    """One block that came (`old` None), went (`new` None) or was put in other words. `headings`: those above
    it, outermost first; of the new text, unless it went."""

    old: Block | None
    new: Block | None
    headings: tuple[Block, ...] = ()

    @property
    def block(self) -> Block:
        """The new block, or the one that went."""
        block = self.new or self.old
        assert block is not None
        return block


class Revision:
    """A text before and after edits. `stays`: says of a block of the old text that it cannot go without
    another in its place (the list of the labels, say): what came where it went is then its new version.
    `meaning`: of a block under headings; it is another block where that differs."""

    def __init__(
        self,
        before: str,
        after: str,
        stays: Callable[[str], bool] = lambda text: False,
        meaning: Callable[[Block, Sequence[Block]], object] = lambda block, headings: None,
    ):
        self.before, self.after, self._meaning = before, after, meaning
        self._old, self._new = blocks(before), blocks(after)
        self._versions = self._pairs(stays)  # index of a new block: index of the old one that it is

    @property
    def is_restructured(self) -> bool:
        """Whether blocks that stayed stand under other headings now."""
        return any(self._moved(old, new) for new, old in self._versions.items())

    @cached_property
    def displaced(self) -> tuple[BlockChange, ...]:
        """Of the changes those of blocks that stand in both texts and mean something else where they stand now."""
        both = {_identity(block) for block in self._old} & {_identity(block) for block in self._new}
        return tuple(change for change in self.changes if _identity(change.block) in both)

    @cached_property
    def changes(self) -> tuple[BlockChange, ...]:
        """In the order of the new text, then what went. A block that is reworded while it moves under other
        headings is no change of its own: it goes with the new form."""
        came = [self._change(index) for index in range(len(self._new))]
        kept = set(self._versions.values())
        went = [
            BlockChange(block, None, self._above(self._old, block))
            for index, block in enumerate(self._old)
            if index not in kept and not block.is_structure
        ]
        return (*(change for change in came if change is not None), *went)

    def text_with(self, chosen: Collection[BlockChange]) -> str:
        """The text with these of its changes: no heading is left without what stood below it, and numbered
        lists count on."""
        changes = set(self.changes)
        if changes <= set(chosen):
            return self.after
        if not changes & set(chosen):
            return self.before
        parts = [self._version_in(index, chosen) for index in range(len(self._new))]
        result = [part for part in parts if part is not None]
        for index, block in enumerate(self._old):
            if self._is_restored(index, chosen):
                result.insert(self._position(index, result), block)
        end = self.after[len(self.after.rstrip("\n")) :]
        return _without_empty_sections(text_of(result), (self._old, self._new)) + end

    # ---- which block is which

    def _pairs(self, stays: Callable[[str], bool]) -> dict[int, int]:
        matcher = difflib.SequenceMatcher(
            a=[_identity(block) for block in self._old],
            b=[_identity(block) for block in self._new],
            autojunk=False,
        )
        pairs = {
            match.b + offset: match.a + offset
            for match in matcher.get_matching_blocks()
            for offset in range(match.size)
        }
        self._pair_alike(pairs)
        for kind, i, j, k, m in matcher.get_opcodes():
            if kind == "replace":
                left = [index for index in range(i, j) if index not in pairs.values()]
                free = [
                    index for index in range(k, m) if index not in pairs and not self._new[index].is_structure
                ]
                for index in left:
                    if free and not self._old[index].is_structure and stays(self._old[index].text):
                        pairs[free.pop(0)] = index
        return {new: old for new, old in pairs.items() if self._means_the_same(old, new)}

    def _means_the_same(self, old: int, new: int) -> bool:
        """A block that moves under another heading is the same only if it means the same there."""
        one, other = self._old[old], self._new[new]
        if not self._moved(old, new):
            return True
        return self._meaning(one, self._above(self._old, one)) == self._meaning(
            other, self._above(self._new, other)
        )

    def _pair_alike(self, pairs: dict[int, int]) -> None:
        """Blocks that moved or were put in other words, most alike first."""
        free_old = [i for i in range(len(self._old)) if i not in pairs.values()]
        free_new = [i for i in range(len(self._new)) if i not in pairs]
        likeness = sorted(
            (
                (alike, -new, -old)
                for new in free_new
                for old in free_old
                if self._old[old].is_structure == self._new[new].is_structure
                and (alike := _alike(self._old[old], self._new[new])) >= SAME_BLOCK
            ),
            reverse=True,
        )
        for _, new, old in likeness:
            if -new not in pairs and -old not in pairs.values():
                pairs[-new] = -old

    def _moved(self, old: int, new: int) -> bool:
        """Whether a block stands under other headings than before."""
        one, other = self._old[old], self._new[new]
        return not one.is_structure and self._keys(self._old, one) != self._keys(self._new, other)

    @staticmethod
    def _above(parts: Sequence[Block], block: Block) -> tuple[Block, ...]:
        return tuple(parts[index] for index in block.above)

    def _keys(self, parts: Sequence[Block], block: Block) -> list[str]:
        return [heading_key(heading) for heading in self._above(parts, block)]

    def _change(self, new: int) -> BlockChange | None:
        block = self._new[new]
        if block.is_structure:
            return None
        if new not in self._versions:
            return BlockChange(None, block, self._above(self._new, block))
        index = self._versions[new]
        old = self._old[index]
        if _identity(old) == _identity(block) or self._moved(index, new):
            return None
        return BlockChange(old, block, self._above(self._new, block))

    # ---- putting together

    def _version_in(self, new: int, chosen: Collection[BlockChange]) -> Block | None:
        change = self._change(new)
        if change is None or change in chosen:
            return self._new[new]
        return replace(self._new[new], text=change.old.text) if change.old else None

    def _is_restored(self, old: int, chosen: Collection[BlockChange]) -> bool:
        """Whether a block that went is there again, since its removal was not chosen; its headings with it."""
        if old in self._versions.values():
            return False
        block = self._old[old]
        if block.is_structure:
            return any(
                self._is_restored(below, chosen)
                for below in range(old + 1, len(self._old))
                if old in self._old[below].above
            )
        return BlockChange(block, None, self._above(self._old, block)) not in chosen

    def _position(self, old: int, result: Sequence[Block]) -> int:
        """Behind the block that stood before it."""
        for before in range(old - 1, -1, -1):
            texts = {self._old[before].text} | {
                self._new[new].text for new, index in self._versions.items() if index == before
            }
            for index, block in enumerate(result):
                if block.text in texts:
                    return index + 1
        return 0


def _identity(block: Block) -> tuple[bool, str]:
    """What makes two blocks the same: words, not marks."""
    return block.is_structure, heading_key(block) if block.is_structure else block.says


def _alike(one: Block, other: Block) -> float:
    matcher = difflib.SequenceMatcher(a=one.says, b=other.says, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= SAME_BLOCK else 0.0


def _without_empty_sections(text: str, sources: Sequence[Sequence[Block]]) -> str:
    """Headings go that have nothing below them and had something in a source."""
    filled = {
        heading_key(parts[index])
        for parts in sources
        for block in parts
        if not block.is_structure
        for index in block.above
    }
    while True:
        parts = blocks(text)
        used = {index for part in parts if not part.is_structure for index in part.above}
        empty = {
            index
            for index, part in enumerate(parts)
            if part.kind is BlockKind.HEADING and index not in used and heading_key(part) in filled
        }
        if not empty:
            return text_of(renumbered(parts))
        tags = {heading_key(parts[index]) for index in empty}
        text = text_of(
            [
                part
                for index, part in enumerate(parts)
                if index not in empty
                and not (part.kind is BlockKind.CLOSING and heading_key(part) in tags and index - 1 in empty)
            ]
        )
