"""OpenAI Evals: rows ({"item": …} of the hosted product, {"input": …, "ideal": …} of the open-source one) and the
output items of a run, whose row stands in `datasource_item`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from core.data.fields import EXTRAS, LABEL_NAMES, metadata_of
from core.data.formats.format import Format, SourceFile
from core.data.formats.json_records import json_lines
from core.data.formats.openai.logs import listed_objects
from core.data.formats.reading.answers import (
    ANSWERS,
    OUTPUTS,
    Answered,
    answer_label,
    named,
    reference_name,
    settled_labels,
)
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.messages import values_by_path
from core.data.formats.reading.values import as_json, cell
from core.data.importing.column_names import plain, take_texts
from core.data.table import Table
from core.types import Dataset

_TITLE = "OpenAI Evals"
_ROW = ("item.", "datasource_item.")
_EXTRAS = {name for field in EXTRAS for name in (field.name, field.column)}


def _recognises(file: SourceFile) -> bool:
    records = _records(file)
    if not records:
        return False
    if '"datasource_item"' in file.decoded[0] and any(_output_items(records)):
        return True
    return all(
        isinstance(record.get("item"), Mapping) or {"input", "ideal"} <= record.keys() for record in records
    )


def _records(file: SourceFile) -> Sequence[Record]:
    """The records of a JSON file, and those of a table with columns item.… and sample.…"""
    row = [column.strip() for column in file.columns if column.strip().startswith(_ROW)]
    if not row or not any(column.strip().startswith("sample") for column in file.columns):
        return file.records
    cells = [dict(zip(map(str.strip, file.columns), line, strict=True)) for line in file.table.rows]
    return [
        {"item": {name.removeprefix("datasource_item.").removeprefix("item."): line[name] for name in row}}
        for line in cells
    ]


def _output_items(value: object, deep: int = 0) -> Iterator[Record]:
    """The output items of runs, also within pages and within what a script wrote around them."""
    if isinstance(value, Mapping):
        if isinstance(value.get("datasource_item"), Mapping) and ("sample" in value or "object" in value):
            yield value
            return
        value = list(value.values())
    if isinstance(value, Sequence) and not isinstance(value, str) and deep < 5:
        for each in value:
            if isinstance(each, Mapping | list):
                yield from _output_items(each, deep + 1)


def _read(file: SourceFile) -> Table:
    """What a model once answered (`sample`) is no label where the row has one."""
    notices: list[str] = []
    left_out: dict[str, int] = {}
    outputs = list(_output_items(_records(file)))
    if outputs:
        everything, outputs = outputs, _once(outputs)
        left_out["the same row in another run"] = len(everything) - len(outputs)
        items = [_row(output["datasource_item"], output) for output in outputs]
    else:
        items = [_row(record) for record in listed_objects(_records(file))]
    names = list(dict.fromkeys(name for item in items for name in item))
    free = [name for name in names if name not in _EXTRAS and not name.startswith("metadata.")]
    label = reference_name(free, ANSWERS) or ("" if outputs else named(free, LABEL_NAMES))
    texts = _text_names(free, label)
    labels = [_label(item.get(label)) if label else "" for item in items]
    if outputs:
        labels, more = settled_labels(
            [Answered(right, *_sampled(output)) for right, output in zip(labels, outputs, strict=True)],
            "output items of a run",
        )
        notices += more
    entries = [_entry(item, texts, label, right) for item, right in zip(items, labels, strict=True)]
    source = file.provenance(_TITLE).noting(notices).leaving_out(left_out)
    return entries_table(entries, source, texts, label or "label")


def _once(outputs: Sequence[Record]) -> list[Record]:
    """Each row once, however many runs and samples it was used in."""
    once = {
        (cell(output.get("datasource_item_id")), as_json(output["datasource_item"])): output
        for output in reversed(outputs)
    }
    return list(reversed(once.values()))


def _text_names(free: Sequence[str], label: str) -> list[str]:
    others = [name for name in free if name != label and name.rpartition(".")[2] not in OUTPUTS]
    return list(take_texts(list(others))) or others[: 1 if label else None]


def _entry(item: Record, texts: Sequence[str], label: str, right: str) -> Entry:
    roles, others = metadata_roles(
        {name.removeprefix("metadata."): value for name, value in item.items() if name not in (*texts, label)}
    )
    rest = {name.removeprefix("metadata."): value for name, value in others.items()}
    return Entry({name: cell(item.get(name)) for name in texts}, {label or "label": right}, roles, rest)


def _label(value: object) -> str:
    """Of several right answers that are one but for their spelling, the first."""
    if isinstance(value, list) and len({cell(each).strip().casefold() for each in value}) == 1:
        value = value[0]
    return answer_label(value)


def _row(record: Record, output: Record | None = None) -> dict[str, object]:
    """By name; conversations become the last thing the user said."""
    item = record.get("item")
    if isinstance(item, Mapping):
        beside = {key: value for key, value in record.items() if key == "messages" or plain(key) in ANSWERS}
        item = {**beside, **item}
    values = (
        item
        if isinstance(item, Mapping)
        else {key: value for key, value in record.items() if key not in ("sample", "sampled")}
    )
    answers = {key: value for key, value in values.items() if plain(key) in ANSWERS}
    row = values_by_path({key: value for key, value in values.items() if key not in answers}) | answers
    sample = output.get("sample") if output else None
    if isinstance(sample, Mapping) and not row and "input" in sample:
        row = values_by_path({"input": sample["input"]})
    if output:
        row.setdefault("id", f"{cell(output.get('datasource_item_id')) or cell(output.get('id'))}")
    return row


def _sampled(output: Record) -> tuple[str, str]:
    """What the model answered, and "bad" where the graders of the run refused it."""
    sample = output.get("sample")
    answered = sample.get("output", sample.get("output_text")) if isinstance(sample, Mapping) else ""
    return answer_label(answered), "bad" if output.get("status") in ("fail", "error") else ""


def _write(dataset: Dataset) -> bytes:
    return json_lines(
        {"item": {"text": row.text, "label": row.label, **metadata_of(row)}} for row in dataset.examples
    )


OPENAI_EVALS = Format("openai_evals", _TITLE, ("jsonl",), "application/jsonl", _recognises, _read, _write)
