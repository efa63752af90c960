"""OpenAI Evals rows: {"item": {"text": …, "label": …}} of the hosted product, {"input": …, "ideal": …} of the
open-source one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.data.fields import FIELD_NAMES
from core.data.formats.entries import Entry, Source, table_of, told_by
from core.data.formats.flat import leaves
from core.data.formats.json_text import Record
from core.data.formats.openai_chat import is_talk, question, said
from core.data.formats.values import cell, one
from core.data.importing.columns import LABEL_NAMES, take, take_ending, take_texts
from core.data.table import Table
from core.types import Dataset, Example

FORMAT = "OpenAI Evals"
_LABELS = ("ideal", "correct_label", "correct", "reference", "reference_answer", *LABEL_NAMES)


def recognises(records: Sequence[Record]) -> bool:
    return all(
        isinstance(record.get("item"), Mapping) or {"input", "ideal"} <= record.keys() for record in records
    )


def read(records: Sequence[Record], source: Source) -> Table:
    """What a model once answered (`sample`) is no label."""
    items = [_item(record) for record in records]
    names = list(dict.fromkeys(name for item in items for name in item))
    free = [name for name in names if name not in FIELD_NAMES and not name.startswith("metadata.")]
    label = take(free, _LABELS) or take_ending(free, _LABELS)
    texts = list(take_texts(list(free))) or (free if len(free) == 1 or not label else free[:1])
    entries = []
    for item in items:
        roles, others = told_by(
            {
                name.removeprefix("metadata."): value
                for name, value in item.items()
                if name not in (*texts, label)
            }
        )
        rest = {name.removeprefix("metadata."): value for name, value in others.items()}
        labels = {label: one(item.get(label))} if label else {}
        entries.append(Entry({name: cell(item.get(name)) for name in texts}, labels, roles, rest))
    return table_of(entries, Source(FORMAT, source.encoding, source.notices), texts, label)


def records_of(dataset: Dataset, metadata_of: Callable[[Example], dict]) -> list[dict]:
    return [{"item": {"text": row.text, "label": row.label, **metadata_of(row)}} for row in dataset.examples]


def _item(record: Record) -> dict[str, object]:
    """By name; talks become the last thing the user said."""
    item = record.get("item")
    values = (
        dict(item)
        if isinstance(item, Mapping)
        else {key: value for key, value in record.items() if key != "sample"}
    )
    flat: dict[str, object] = {}
    for path, value in leaves(values):
        flat[".".join(path)] = question(value) or said(value[-1].get("content")) if is_talk(value) else value
    return flat
