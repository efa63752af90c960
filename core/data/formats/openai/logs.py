"""Logs of calls to OpenAI: stored completions, responses, results of a batch. What a model answered is a label only
where nobody said what is right; a right answer in the metadata wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.data.formats.format import Format, SourceFile
from core.data.formats.reading.answers import (
    NOTES,
    RATINGS,
    SURE,
    Answered,
    answer_label,
    named,
    rating,
    reference_name,
    settled_labels,
)
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.messages import Turn, content_text, conversation, earlier, last_question
from core.data.table import Table
from core.errors import DataError
from core.wording import counted

_TITLE = "OpenAI logs"
_ASKED = ("messages", "input", "input_messages", "input_items")


def listed_objects(records: Sequence[Record]) -> Sequence[Record]:
    """The objects of one or several pages of an API's list."""
    if not all(record.get("object") == "list" and isinstance(record.get("data"), list) for record in records):
        return records
    return [each for record in records for each in record["data"] if isinstance(each, Mapping)]


def _recognises(file: SourceFile) -> bool:
    records = listed_objects(file.records)
    return bool(records) and all(_answers(record) is not None for record in records)


def _answers(record: Record) -> object:
    """What the model answered, wherever it stands; None where the record is no call."""
    for holder in _holders(record, "response", "completion"):
        choices, output = holder.get("choices"), holder.get("output")
        if holder.get("object") == "chat.completion" or _are_choices(choices):
            first = choices[0] if isinstance(choices, list) and choices else None
            return (first.get("message") or first.get("text") or "") if isinstance(first, Mapping) else ""
        if holder.get("object") == "response" or _are_messages(output):
            return holder.get("output_text") or _output_text(output)
    return None


def _are_choices(value: object) -> bool:
    """Of a model, not of a question with several."""
    keys = ("message", "finish_reason", "delta")
    return isinstance(value, list) and any(
        isinstance(each, Mapping) and any(key in each for key in keys) for each in value
    )


def _are_messages(value: object) -> bool:
    return isinstance(value, list) and any(
        isinstance(each, Mapping) and each.get("type") == "message" for each in value
    )


def _output_text(output: object) -> str:
    """Of a response: its messages, without reasoning and calls of tools."""
    messages = output if isinstance(output, list) else []
    return "\n".join(
        content_text(each.get("content"))
        for each in messages
        if isinstance(each, Mapping) and each.get("type", "message") == "message"
    )


def _holders(record: Record, *keys: str) -> list[Record]:
    """The record, what it has under these keys, and their bodies."""
    inner = [record, *(record[key] for key in keys if isinstance(record.get(key), Mapping))]
    bodies = [each["body"] for each in inner if isinstance(each.get("body"), Mapping)]
    return [*inner, *bodies]


def _read(file: SourceFile) -> Table:
    """DataError where no call has its question."""
    records = listed_objects(file.records)
    texts = [_question(record) for record in records]
    if not any(texts):
        raise DataError(
            "The file holds what a model answered, but not what it was asked: export the calls with their messages (input)."
        )
    answered = [_answered(record) for record in records]
    labels, notices = settled_labels(answered, "a log of calls")
    more = sum(earlier(_asked(record)) for record in records)
    if more:
        notices.append(
            f"{counted(more, 'call')} had earlier turns, which were left out: only the last question counts."
        )
    entries = []
    for record, text, label in zip(records, texts, labels, strict=True):
        metadata = record.get("metadata")
        note = metadata.get(named(metadata, NOTES)) if isinstance(metadata, Mapping) else None
        roles, others = metadata_roles(metadata, id=record.get("id", record.get("custom_id")), note=note)
        entries.append(Entry({"text": text}, {"label": label}, roles, others))
    return entries_table(entries, file.provenance(_TITLE).noting(notices), ("text",))


def _asked(record: Record) -> tuple[Turn, ...]:
    for holder in _holders(record, "request"):
        for key in _ASKED:
            turns = conversation(holder.get(key))
            if turns:
                return turns
    return ()


def _question(record: Record) -> str:
    turns = _asked(record)
    if turns:
        return last_question(turns)
    plain = (holder.get(key) for holder in _holders(record, "request") for key in (*_ASKED, "prompt"))
    return next((each for each in plain if isinstance(each, str)), "")


def _answered(record: Record) -> Answered:
    metadata = record.get("metadata")
    known = {**(metadata if isinstance(metadata, Mapping) else {}), **record}
    return Answered(
        answer_label(known.get(reference_name(known, SURE))),
        answer_label(_answers(record)),
        rating(known.get(named(known, RATINGS))),
    )


OPENAI_LOGS = Format("openai_logs", _TITLE, ("jsonl",), "application/jsonl", _recognises, _read)
