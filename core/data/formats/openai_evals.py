"""OpenAI Evals rows: {"item": {"text": …, "label": …}} of the hosted product, {"input": …, "ideal": …} of the
open-source one."""

from __future__ import annotations

from collections.abc import Mapping

from core.data.fields import EXTRAS, LABEL_NAMES, metadata_of
from core.data.formats.format import Format, SourceFile
from core.data.formats.json_records import json_lines
from core.data.formats.openai_chat import is_conversation, message_text
from core.data.formats.reading.entries import Entry, entries_table, leaves, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.values import cell, single
from core.data.importing.columns import take, take_ending, take_texts
from core.data.table import Table
from core.types import Dataset

_EXTRAS = {name for field in EXTRAS for name in (field.name, field.column)}
_LABELS = ("ideal", "correct_label", "correct", "reference", "reference_answer", *LABEL_NAMES)


def _recognises(file: SourceFile) -> bool:
    return bool(file.records) and all(
        isinstance(record.get("item"), Mapping) or {"input", "ideal"} <= record.keys()
        for record in file.records
    )


def _read(file: SourceFile) -> Table:
    """What a model once answered (`sample`) is no label."""
    items = [_item(record) for record in file.records]
    names = list(dict.fromkeys(name for item in items for name in item))
    free = [name for name in names if name not in _EXTRAS and not name.startswith("metadata.")]
    label = take(free, _LABELS) or take_ending(free, _LABELS)
    texts = list(take_texts(list(free))) or (free if len(free) == 1 or not label else free[:1])
    entries = []
    for item in items:
        roles, others = metadata_roles(
            {
                name.removeprefix("metadata."): value
                for name, value in item.items()
                if name not in (*texts, label)
            }
        )
        rest = {name.removeprefix("metadata."): value for name, value in others.items()}
        labels = {label: single(item.get(label))} if label else {}
        entries.append(Entry({name: cell(item.get(name)) for name in texts}, labels, roles, rest))
    return entries_table(entries, file.provenance("OpenAI Evals"), texts, label)


def _write(dataset: Dataset) -> bytes:
    return json_lines(
        {"item": {"text": row.text, "label": row.label, **metadata_of(row)}} for row in dataset.examples
    )


def _item(record: Record) -> dict[str, object]:
    """By name; conversations become the last thing the user said."""
    item = record.get("item")
    values = (
        dict(item)
        if isinstance(item, Mapping)
        else {key: value for key, value in record.items() if key != "sample"}
    )
    flat: dict[str, object] = {}
    for path, value in leaves(values):
        flat[".".join(path)] = message_text(value) if is_conversation(value) else value
    return flat


OPENAI_EVALS = Format(
    "openai_evals", "OpenAI Evals", ("jsonl",), "application/jsonl", _recognises, _read, _write
)
