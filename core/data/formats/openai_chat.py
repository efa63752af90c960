"""OpenAI chat JSON lines, as for fine-tuning: the last user message is the text, the last assistant message
the label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from core.data.fields import metadata_of
from core.data.formats.format import Format, SourceFile
from core.data.formats.json_records import json_lines
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.values import cell
from core.data.table import Table
from core.types import Dataset, Example
from core.wording import counted

Conversation = Sequence[Mapping[str, object]]


def _recognises(file: SourceFile) -> bool:
    return bool(file.records) and all(is_conversation(record.get("messages")) for record in file.records)


def _read(file: SourceFile) -> Table:
    """A conversation that does not end with the assistant has no label. Messages before the last question are left
    out, with a notice."""
    entries, more = [], 0
    for record in file.records:
        messages = record["messages"]
        roles, others = metadata_roles(record.get("metadata"), id=record.get("id"), split=record.get("split"))
        entries.append(Entry({"text": question(messages)}, {"label": _answer(messages)}, roles, others))
        more += sum(message.get("role") in ("user", "assistant") for message in messages) > 2
    notices = []
    if more:
        notices.append(
            f"{counted(more, 'conversation')} had earlier turns, which were left out: only the last question and answer count."
        )
    return entries_table(entries, file.provenance("OpenAI chat").noting(notices))


def _write(dataset: Dataset) -> bytes:
    return json_lines({"messages": _messages(row), "metadata": metadata_of(row)} for row in dataset.examples)


def _messages(row: Example) -> list[dict[str, str]]:
    return [{"role": "user", "content": row.text}, {"role": "assistant", "content": row.label}]


def is_conversation(value: object) -> TypeGuard[Conversation]:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, Mapping) and "role" in each for each in value)
    )


def question(messages: Conversation) -> str:
    """What the user said last."""
    return _last(messages, ("user", "human"))


def _answer(messages: Conversation) -> str:
    """What the assistant said to that, if anything."""
    return (
        _last(messages, ("assistant", "ai", "model"))
        if messages[-1].get("role") not in ("user", "human")
        else ""
    )


def _last(messages: Conversation, roles: Sequence[str]) -> str:
    return next(
        (
            content_text(message.get("content"))
            for message in reversed(messages)
            if message.get("role") in roles
        ),
        "",
    )


def content_text(content: object) -> str:
    """Content as one text: a string, or parts of which those of text count. An image is not fetched."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, Mapping) else part for part in content]
        return "\n".join(cell(part) for part in parts if part is not None)
    return cell(content)


def message_text(messages: Conversation) -> str:
    """What the user said last, or else the last message of all."""
    return question(messages) or content_text(messages[-1].get("content"))


OPENAI_CHAT = Format(
    "openai_chat", "OpenAI chat", ("jsonl",), "application/jsonl", _recognises, _read, _write
)
