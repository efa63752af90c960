"""Blocks put together: what is appended joins the section of its heading, and numbered lists count on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from core.prompts.blocks import LEAD_LEVEL, Block, BlockKind, blocks, heading_key, mark_of, text_of


def appended(text: str, addition: str) -> str:
    """The text with the addition below it. What comes under a heading that the text has already joins what
    stands there, and a list goes on as it is. What comes without a heading goes before the sections of a text
    that has several, so that it does not seem to belong to the last of them."""
    old, new = blocks(text), blocks(addition)
    known = {heading_key(block) for block in old if block.kind is BlockKind.HEADING}
    has_sections = sum(block.kind is BlockKind.HEADING and block.level < LEAD_LEVEL for block in old) > 1
    joins = any(block.kind is BlockKind.HEADING and heading_key(block) in known for block in new)
    free = any(not block.above and not block.is_structure for block in new)
    if not joins and not (has_sections and free):
        return text + _glue(text, old, new) + addition
    parts = list(old)
    for block in [each for each in new if not each.is_structure]:
        if has_sections and not block.above:
            _put(parts, _end_of_preamble(parts), block)
        else:
            _insert(parts, block, [new[index] for index in block.above])
    end = text[len(text.rstrip("\n")) :]
    return text_of(renumbered(parts)) + end


def _end_of_preamble(parts: Sequence[Block]) -> int:
    """The index of the first heading that has something to read above it."""
    start = next((index for index, part in enumerate(parts) if not part.is_structure), len(parts))
    return next((i for i in range(start, len(parts)) if parts[i].kind is BlockKind.HEADING), len(parts))


def _glue(text: str, old: Sequence[Block], new: Sequence[Block]) -> str:
    """The line end between them; a blank line before a heading, and behind a section that does not go on."""
    if not old or not new:
        return ""
    begins = new[0].is_structure or (bool(old[-1].above) and not _continues(old[-1], new[0]))
    ends = len(text) - len(text.rstrip("\n"))
    return "\n" * max((2 if begins else 1) - ends, 0)


def evened(before: str, text: str) -> str:
    """The text with one kind of mark in each list, that of its first item; lists that were mixed `before`
    stay."""
    parts = list(blocks(text))
    mixed = _mixed_lists(parts)
    if not mixed or _mixed_lists(blocks(before)):
        return text
    for run in mixed:
        for last, index in pairwise(run):
            parts[index] = _in_list_of(parts[last], parts[index])
    end = text[len(text.rstrip("\n")) :]
    return text_of(renumbered(parts)) + end


def _mixed_lists(parts: Sequence[Block]) -> list[list[int]]:
    """Indices of the items of each list, without blank lines in it, that has items with numbers and without."""
    lists = _runs(parts, lambda part: part.kind is BlockKind.ITEM, tight=True)
    return [run for run in lists if len({parts[index].number is None for index in run}) > 1]


def _runs(
    parts: Sequence[Block], is_member: Callable[[Block], bool], tight: bool = False
) -> Iterator[list[int]]:
    """Indices of members that follow each other under the same headings; `tight`: without blank lines."""
    run: list[int] = []
    for index, part in enumerate(parts):
        goes_on = is_member(part) and not (tight and part.gap)
        if run and not (goes_on and parts[run[-1]].above == part.above):
            yield run
            run = []
        if is_member(part):
            run = [*run, index]
    if run:
        yield run


def renumbered(parts: Sequence[Block]) -> tuple[Block, ...]:
    """Numbered lists that have a hole, begin late or begin again count from 1."""
    result = list(parts)
    numbered = _runs(parts, _is_numbered_item)
    for run in (*numbered, *_numbered_headings(parts)):
        numbers = [number for index in run if (number := parts[index].number) is not None]
        if len(set(numbers)) == 1 < len(numbers) or numbers == list(range(1, len(numbers) + 1)):
            continue
        for number, index in enumerate(run, 1):
            result[index] = _with_number(parts[index], number)
    return tuple(result)


def _path(parts: Sequence[Block], block: Block) -> tuple[str, ...]:
    return tuple(heading_key(parts[index]) for index in block.above)


def _insert(parts: list[Block], block: Block, headings: Sequence[Block]) -> None:
    """Puts the block at the end of its section, with those of its headings that are not there yet."""
    parents: tuple[int, ...] = ()
    for depth in range(len(headings), 0, -1):
        if (known := _known_heading(parts, headings[:depth])) is not None:
            parents, headings = (*parts[known].above, known), headings[depth:]
            break
    index = _end_of_section(parts, parents, with_sections=bool(headings))
    _put(parts, index, block, headings)


def _put(parts: list[Block], index: int, block: Block, headings: Sequence[Block] = ()) -> None:
    """Puts the block, with new headings above it, before the one of the index; an item goes on with the list."""
    before = parts[index - 1] if index else None
    if not headings and before is not None and not before.is_structure:
        block = replace(block, gap=min(before.gap, block.gap) if before.kind is block.kind else block.gap)
        block = _in_list_of(before, block)
    added = [*(replace(heading, above=(), gap=1) for heading in headings), block]
    parts[:] = blocks(text_of([*parts[:index], *added, *parts[index:]]))


def _in_list_of(before: Block, item: Block) -> Block:
    """The item with the list mark of the one before it, if both are items."""
    old, new = mark_of(before), mark_of(item)
    if before.kind is not item.kind or old is None or new is None or old["mark"] == new["mark"]:
        return item
    rest = item.text[new.end() :]
    if before.number is None:
        return replace(item, text=old[0] + rest.lstrip(".)"))
    return replace(item, text=f"{old['indent']}{before.number + 1}" + (rest if item.number else "." + rest))


def _known_heading(parts: Sequence[Block], headings: Sequence[Block]) -> int | None:
    """Where the last of the headings stands: under the same ones, else at the same level anywhere."""
    wanted = tuple(map(heading_key, headings))
    alike = [
        index
        for index, part in enumerate(parts)
        if part.kind is BlockKind.HEADING
        and heading_key(part) == wanted[-1]
        and part.level == headings[-1].level
    ]
    same = [index for index in alike if (*_path(parts, parts[index]), wanted[-1]) == wanted]
    return max(same or alike, default=None)


def _end_of_section(parts: Sequence[Block], parents: tuple[int, ...], with_sections: bool) -> int:
    """The index behind the last block right under these headings, or `with_sections` under those as well;
    behind all blocks without headings."""
    if not parents:
        return len(parts)
    inside = [i for i, part in enumerate(parts) if part.above[: len(parents)] == parents]
    if not with_sections:
        inside = [i for i in inside if parts[i].above == parents and not parts[i].is_structure]
    return max(inside or [parents[-1]]) + 1


def _is_numbered_item(part: Block) -> bool:
    return part.kind is BlockKind.ITEM and part.number is not None


def _numbered_headings(parts: Sequence[Block]) -> Iterator[list[int]]:
    """Indices of the numbered headings of one level under the same headings."""
    series: dict[tuple[tuple[int, ...], int], list[int]] = {}
    for index, part in enumerate(parts):
        if part.kind is BlockKind.HEADING and part.number is not None:
            series.setdefault((part.above, part.level), []).append(index)
    yield from series.values()


def _with_number(block: Block, number: int) -> Block:
    mark = mark_of(block)
    if mark is None or mark["number"] is None:
        return block
    start, end = mark.span("number")
    return replace(block, text=block.text[:start] + str(number) + block.text[end:])


def _continues(last: Block, new: Block) -> bool:
    """Whether the new block goes on with the list that the last one is in."""
    return last.kind is new.kind is BlockKind.ITEM and (last.number is None) == (new.number is None)
