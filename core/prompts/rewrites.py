"""A whole new prompt in field tags: the heavyweight model's other answer form."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from core.errors import EditRefused
from core.prompts.markup import CUT_OFF, as_written, trimmed
from core.types import PROMPT_FIELDS, Prompt

_TAG = re.compile(r"<\s*(?:(/)\s*)?(" + "|".join(PROMPT_FIELDS) + r")\b[^<>]*>", re.IGNORECASE)
_HALF_A_TAG = re.compile(r"<\s*(?:/\s*)?([a-z_]*)\Z", re.IGNORECASE)


def read_rewrite(reply: str, current: Prompt) -> Prompt:
    """The current prompt with the fields that the reply gives; the last whole occurrence of a field counts.

    A field given with other outer newlines only keeps its present value, and so does the few-shot choice.
    Raises EditRefused if a field is cut off, if there is none, or if none changes.
    """
    text = as_written(reply, PROMPT_FIELDS)
    fields = _fields(text)
    if not fields:
        raise EditRefused(
            "The reply holds no field such as <system_prompt>…</system_prompt>: there is nothing to try."
        )
    changed: dict[str, Any] = {
        name: value
        for name, value in fields.items()
        if value.strip("\r\n") != getattr(current, name).strip("\r\n")
    }
    if not changed:
        raise EditRefused("The reply changes nothing: its fields are those of the current prompt.")
    return replace(current, **changed)


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    tags = list(_TAG.finditer(text))
    following = _following(tags)
    i = 0
    while i < len(tags):
        end = following[i]
        if tags[i][1] or end is None or not tags[end][1]:
            if not tags[i][1] and end is None and not _mentioned(text, tags[i]):
                raise _cut_off(tags[i][2])
            i += 1
            continue
        fields[tags[i][2].lower()] = trimmed(text[tags[i].end() : tags[end].start()])
        i = end + 1
    half = _HALF_A_TAG.search(text.rstrip())
    if half and half[1] and any(name.startswith(half[1].lower()) for name in PROMPT_FIELDS):
        raise _cut_off(half[1])
    return fields


def _following(tags: list[re.Match[str]]) -> list[int | None]:
    """For each tag the index of the next one of the same field, opening or closing."""
    following: list[int | None] = [None] * len(tags)
    nearest: dict[str, int] = {}
    for i in reversed(range(len(tags))):
        name = tags[i][2].lower()
        following[i] = nearest.get(name)
        nearest[name] = i
    return following


def _mentioned(text: str, tag: re.Match[str]) -> bool:
    """The tag's name stands in the middle of a sentence, as in "I left <bot_reply_prefix> alone"."""
    before = text[text.rfind("\n", 0, tag.start()) + 1 : tag.start()].rstrip()
    return bool(before) and not before.endswith(">")


def _cut_off(name: str) -> EditRefused:
    return EditRefused(f"{CUT_OFF}: its <{name}> is never closed, so nothing of it is used.")
