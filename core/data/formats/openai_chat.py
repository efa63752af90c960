"""OpenAI chat JSON lines, as for fine-tuning: the last user message is the text, the last assistant message
the label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.data.formats.entries import Entry, Source, table_of, told_by
from core.data.formats.json_text import Record
from core.data.formats.values import cell
from core.data.table import Table
from core.types import Dataset, Example
from core.wording import counted

FORMAT = "OpenAI chat"


def recognises(records: Sequence[Record]) -> bool:
    return all(is_talk(record.get("messages")) for record in records)


def read(records: Sequence[Record], source: Source) -> Table:
    """A talk that does not end with the assistant has no label. Messages before the last question are left
    out, with a notice."""
    entries, more = [], 0
    for record in records:
        talk = record["messages"]
        roles, others = told_by(record.get("metadata"), id=record.get("id"), split=record.get("split"))
        entries.append(Entry({"text": question(talk)}, {"label": answer(talk)}, roles, others))
        more += sum(message.get("role") in ("user", "assistant") for message in talk) > 2
    notices = [*source.notices]
    if more:
        notices.append(
            f"{counted(more, 'conversation')} had earlier turns, which were left out: only the last question and answer count."
        )
    return table_of(entries, Source(FORMAT, source.encoding, notices))


def records_of(dataset: Dataset, metadata_of) -> list[dict]:
    return [{"messages": _talk(row), "metadata": metadata_of(row)} for row in dataset.examples]


def _talk(row: Example) -> list[dict[str, str]]:
    return [{"role": "user", "content": row.text}, {"role": "assistant", "content": row.label}]


def is_talk(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, Mapping) and "role" in each for each in value)
    )


def question(talk: Sequence[Mapping[str, object]]) -> str:
    """What the user said last."""
    return _last(talk, ("user", "human"))


def answer(talk: Sequence[Mapping[str, object]]) -> str:
    """What the assistant said to that, if anything."""
    return _last(talk, ("assistant", "ai", "model")) if talk[-1].get("role") not in ("user", "human") else ""


def _last(talk: Sequence[Mapping[str, object]], roles: Sequence[str]) -> str:
    return next(
        (said(message.get("content")) for message in reversed(talk) if message.get("role") in roles), ""
    )


def said(content: object) -> str:
    """Content as one text: a string, or parts of which those of text count. An image is not fetched."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, Mapping) else part for part in content]
        return "\n".join(cell(part) for part in parts if part is not None)
    return cell(content)
