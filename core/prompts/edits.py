"""Edits: read from the heavyweight model's reply, and applied to a prompt. (The other answer form is in
rewrites.py.)

A reply that is cut off or unclear is refused as a whole: half an answer is not worth measuring.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.errors import EditRefused
from core.prompts.block_layout import appended, evened
from core.prompts.delimiters import delimiter, still_open
from core.prompts.markup import CUT_OFF, Span, as_written, outside, thinking, trimmed
from core.prompts.rewrites import read_rewrite
from core.types import PROMPT_FIELDS, Edit, Prompt

__all__ = ["apply_edits", "read_edits", "read_rewrite"]

_EDIT = re.compile(r"<\s*(?:(/)\s*)?edit\b([^<>]*)>", re.IGNORECASE)
_HALF_A_TAG = re.compile(r"<(?:e(?:d(?:i(?:t[^<>]*)?)?)?)?\Z", re.IGNORECASE)
_TAG_OR_END = re.compile(r"\s*(?:<|\Z)")
_FIELD_ATTRIBUTE = re.compile(r"""\bfield\s*=\s*["']?([\w -]+)""", re.IGNORECASE)
_QUOTED = 60  # characters of a text quoted in a message


def read_edits(reply: str) -> tuple[Edit, ...]:
    """The <edit> blocks of a reply, each different one once. Drafts inside thinking tags count only if
    nothing else does.

    Raises EditRefused if a block is cut off, incomplete or names no field of a prompt, and if there is no
    block at all.
    """
    text = as_written(reply, ("edit",))
    blocks, unclosed = _blocks(text)
    thoughts = thinking(text, blocks)
    if final := outside(blocks, thoughts):
        blocks, unclosed = final, outside(unclosed, thoughts)
    if unclosed or _HALF_A_TAG.search(text.rstrip()):
        raise EditRefused(CUT_OFF + ": an <edit> has no </edit>, so nothing of it is used.")
    edits = tuple(dict.fromkeys(_edit(text[start:end]) for start, end in blocks))
    if not edits:
        raise EditRefused("The reply holds no <edit> block: there is nothing to try.")
    return edits


def apply_edits(prompt: Prompt, edits: Sequence[Edit]) -> Prompt:
    """The prompt after all edits, in order. Raises EditRefused if one does not apply or changes nothing."""
    for edit in edits:
        if edit.field not in PROMPT_FIELDS:
            raise _unknown_field(edit.field)
        value = getattr(prompt, edit.field)
        changed: Any = _substituted(value, edit) if edit.find else _appended(prompt, value, edit)
        if edit.field == "system_prompt":
            changed = evened(value, changed)
        if changed == value:
            raise EditRefused(f"An edit changes nothing in {edit.field}: {_start(edit.replace or edit.find)}")
        prompt = replace(prompt, **{edit.field: changed})
    return prompt


# ---- reading


def _blocks(text: str) -> tuple[list[Span], list[Span]]:
    """Whole <edit> blocks, and openings never closed. An opening in the middle of prose is a mention, not a
    block."""
    tags = list(_EDIT.finditer(text))
    whole: list[Span] = []
    unclosed: list[Span] = []
    for i, tag in enumerate(tags):
        if tag[1]:
            continue
        if i + 1 < len(tags) and tags[i + 1][1]:
            if text[tag.end() : tags[i + 1].start()].strip():
                whole.append((tag.start(), tags[i + 1].end()))
        elif _TAG_OR_END.match(text, tag.end()):
            unclosed.append(tag.span())
    return whole, unclosed


def _edit(block: str) -> Edit:
    opening, inner = block[: block.index(">") + 1], block[block.index(">") + 1 : block.rindex("<")]
    attribute = _FIELD_ATTRIBUTE.search(opening)
    try:
        find, rest = _part(inner, "find", "")
        new, rest = _part(rest, "replace", None)
        field, _ = _part(rest, "field", attribute[1] if attribute else None)
    except EditRefused as refused:
        raise EditRefused(f"{refused}: {_start(inner)}") from None
    return Edit(_field(field), find if find.strip() else "", new)


def _part(block: str, name: str, missing: str | None) -> tuple[str, str]:
    """What stands in <name>…</name>, and the block without it."""
    opened = re.search(r"<\s*" + name + r"\b[^<>]*>", block, re.IGNORECASE)
    if opened is None:
        if missing is None:
            raise EditRefused(f"An edit has no <{name}>")
        return missing, block
    if opened.group().endswith("/>"):
        return "", block[: opened.start()] + block[opened.end() :]
    closed = re.search(r"<\s*/\s*" + name + r"\s*>", block[opened.end() :], re.IGNORECASE)
    if closed is None:
        raise EditRefused(f"An edit has a <{name}> without </{name}>")
    value = block[opened.end() : opened.end() + closed.start()]
    return trimmed(value), block[: opened.start()] + block[opened.end() + closed.end() :]


def _field(name: str) -> str:
    """The field meant: any case, spaces or dashes for underscores, and "prompt" left out, added or moved."""
    words = re.sub(r"[\s-]+", "_", name.strip(" \t\r\n\"'`*").lower()).split("_")
    for field in PROMPT_FIELDS:
        if _key_words(words) == _key_words(field.split("_")):
            return field
    if set(words) in ({"prompt", "prefix"}, {"prompt", "suffix"}):
        return "user_prompt_" + _key_words(words)[0]
    raise _unknown_field(name)


def _key_words(words: Sequence[str]) -> list[str]:
    return sorted(set(words) - {"prompt", ""})


def _unknown_field(name: str) -> EditRefused:
    return EditRefused(
        f"An edit names the field {_start(name) or '(empty)'}, but a prompt has only {', '.join(PROMPT_FIELDS)}."
    )


# ---- applying


def _substituted(value: str, edit: Edit) -> str:
    start, end = _only_span(value, edit)
    whole_lines = (
        value[:start][-1:] in ("\n", "") and value[end:][:1] in ("\n", "") and value[end - 1] != "\n"
    )
    if whole_lines and not edit.replace:
        start, end = _with_line_end(value, start, end)
    return value[:start] + edit.replace + value[end:]


def _with_line_end(value: str, start: int, end: int) -> Span:
    """Whole lines are removed with the line end behind them (or before them, at the very end), so that no
    hole stays."""
    return (start, end + 1) if end < len(value) else (max(0, start - 1), end)


def _only_span(value: str, edit: Edit) -> Span:
    start = value.find(edit.find)
    if start >= 0 and value.rfind(edit.find) == start:
        return start, start + len(edit.find)
    words = edit.find.split()
    if start < 0 and words:  # models re-wrap lines: the same words with other white space are the same text
        spans = [match.span() for match in re.finditer(r"\s+".join(re.escape(word) for word in words), value)]
        if len(spans) == 1:
            return spans[0]
        start = spans[0][0] if spans else -1
    if start < 0:
        raise EditRefused(
            f"An edit does not apply: the text to find is not in {edit.field}: {_start(edit.find)}"
        )
    raise EditRefused(
        f"An edit does not apply: the text to find is in {edit.field} more than once: {_start(edit.find)}"
    )


def _appended(prompt: Prompt, value: str, edit: Edit) -> str:
    if not edit.replace.strip():
        return value
    tag = delimiter(prompt.user_prompt_prefix, prompt.user_prompt_suffix)
    if edit.field == "user_prompt_prefix" and tag:
        return _before_tag(value, edit.replace, tag)  # after it, it would be part of the text to classify
    if edit.field == "system_prompt":
        return appended(value, edit.replace)
    glue = "" if not value or value.endswith("\n") else "\n"
    after = "\n" if value and edit.field == "user_prompt_prefix" and not edit.replace.endswith("\n") else ""
    return value + glue + edit.replace + after


def _before_tag(prefix: str, addition: str, tag: str) -> str:
    start = next(place for name, place in reversed(still_open(prefix)) if name == tag)
    line = prefix.rfind("\n", 0, start) + 1
    return prefix[:line] + addition + ("" if addition.endswith("\n") else "\n") + prefix[line:]


def _start(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[:_QUOTED] + "…"
