"""Conversations, a line each, as for fine-tuning by OpenAI and others: the last question is the text, its answer
the label; a reference answer beside it wins. Also preference pairs and requests of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.data.fields import NOTE_NAMES, metadata_of
from core.data.formats.format import Format, SourceFile
from core.data.formats.json_records import json_lines
from core.data.formats.reading.answers import ANSWERS, SURE, answer_label, is_models, named, reference_name
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.messages import (
    Turn,
    conversation,
    earlier,
    last_answer,
    last_question,
    opened,
)
from core.data.importing.columns import MAX_LABEL_LENGTH
from core.data.table import Table
from core.types import Dataset, Example
from core.wording import counted

_TITLE = "OpenAI chat"
_HOLDERS = ("messages", "conversations", "contents", "prompt", "input", "chosen")
_PREFERRED = ("preferred_output", "chosen")
_GIVEN = ("completion", "output")  # an answer beside the messages that were asked
_RESERVED = (
    *_HOLDERS,
    *("tools", "functions", "parallel_tool_calls", "response_format", "metadata", "id", "split", "model"),
    *("preferred_output", "non_preferred_output", "rejected", "completion", "output"),
    *("body", "custom_id", "method", "url", "systemInstruction"),
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A record: its conversation, its label, and whether an answer that is not the label stood there, too."""

    turns: tuple[Turn, ...]
    label: str
    passed_over: str = ""


def _recognises(file: SourceFile) -> bool:
    return bool(file.records) and all(_turns(record) for record in file.records)


def _turns(record: Record) -> tuple[Turn, ...]:
    inner = [record, record.get("input"), record.get("body")]
    return next(
        (
            turns
            for holder in inner
            if isinstance(holder, Mapping)
            for key in _HOLDERS
            if (turns := conversation(holder.get(key)))
        ),
        (),
    )


def _read(file: SourceFile) -> Table:
    """A conversation without an answer and without a reference has no label; where none has one, answers that are JSON
    objects are taken whole, for a scorer. Messages before the last question are left out, with a notice."""
    name = _reference_name(file.records)
    lines = [_line(record, name) for record in file.records]
    extras = [] if name or any(line.label for line in lines) else _extra_names(file.records)
    if not extras and not any(line.label for line in lines):
        lines = [replace(line, label=_object(line.turns)) for line in lines]
    entries = []
    for record, line in zip(file.records, lines, strict=True):
        roles, others = metadata_roles(
            record.get("metadata"),
            id=record.get("id", record.get("custom_id")),
            split=record.get("split"),
            note=record.get(named(record, NOTE_NAMES)),
        )
        labels = {key: answer_label(record.get(key)) for key in extras} or {"label": line.label}
        entries.append(Entry({"text": last_question(line.turns)}, labels, roles, others))
    return entries_table(entries, file.provenance(_TITLE).noting(_notices(lines, bool(extras))), ("text",))


def _reference_name(records: Sequence[Record]) -> str:
    """The key beside the messages that holds the right answer, if its name says so."""
    names = list(dict.fromkeys(key for record in records for key in record if key not in _RESERVED))
    answered = any(last_answer(_turns(record)) or _given(record) for record in records)
    return reference_name(names, SURE) or ("" if answered else reference_name(names, ANSWERS))


def _extra_names(records: Sequence[Record]) -> list[str]:
    """Keys of which the user may choose the label, where no name says which."""
    keys = dict.fromkeys(key for record in records for key in record)
    return [key for key in keys if key not in (*_RESERVED, *NOTE_NAMES) and not is_models(key)]


def _line(record: Record, name: str) -> _Line:
    turns, metadata = _turns(record), record.get("metadata")
    said = answer_label(last_answer(turns)) or _given(record)
    reference = answer_label(record.get(name)) if name else ""
    if not reference and not said and isinstance(metadata, Mapping):
        reference = answer_label(metadata.get(reference_name(metadata, SURE)))
    if reference:
        return _Line(turns, reference, "reference" if said else "")
    preferred = next((record[key] for key in _PREFERRED if key in record), None)
    if preferred is not None:
        return _preferred(turns, preferred)
    return _Line(turns, said, "" if said or not _untrained(turns) else "untrained")


def _given(record: Record) -> str:
    return next((answer_label(record[key]) for key in _GIVEN if key in record), "")


def _object(turns: Sequence[Turn]) -> str:
    """The last answer where it is a JSON object; else ""."""
    said = last_answer(turns)
    return said.strip() if isinstance(opened(said), Mapping) else ""


def _preferred(turns: tuple[Turn, ...], preferred: object) -> _Line:
    """The preferred answer of a pair is a label only where it is as short as one."""
    label = answer_label(preferred)
    short = len(label) <= MAX_LABEL_LENGTH and "\n" not in label
    return _Line(turns, label if short else "", "" if short else "long")


def _untrained(turns: Sequence[Turn]) -> bool:
    return any(turn.role == "assistant" and not turn.trained for turn in turns)


def _notices(lines: Sequence[_Line], has_others: bool) -> list[str]:
    more = sum(earlier(line.turns) for line in lines)
    other = sum(any(turn.incomplete for turn in line.turns) for line in lines)
    beside, untrained, long = (
        sum(line.passed_over == kind for line in lines) for kind in ("reference", "untrained", "long")
    )
    counts = (
        (more, "had earlier turns, which were left out: only the last question and answer count"),
        (other, "had an image, audio or a file, which was left out: only the text counts"),
        (beside, "had an answer and a right answer beside it: the right answer is the label"),
        (untrained, "had only answers of weight 0, which fine-tuning leaves out: no label"),
        (long, "had a preferred answer too long for a label: no label"),
    )
    notices = [f"{counted(n, 'conversation')} {what}." for n, what in counts if n]
    if not notices and not has_others and not any(line.label for line in lines):
        notices.append(
            "No conversation has an answer, or a right answer beside it (reference_answer, label …)."
        )
    return notices


def _write(dataset: Dataset) -> bytes:
    return json_lines({"messages": _messages(row), "metadata": metadata_of(row)} for row in dataset.examples)


def _messages(row: Example) -> list[dict[str, str]]:
    return [{"role": "user", "content": row.text}, {"role": "assistant", "content": row.label}]


OPENAI_CHAT = Format("openai_chat", _TITLE, ("jsonl",), "application/jsonl", _recognises, _read, _write)
