"""LangSmith datasets and experiments: {"inputs", "outputs", "metadata"} as JSON, JSON lines or CSV with columns
input_… and output_…. In an experiment and a trace, outputs are a model's, and reference_outputs are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.data.fields import metadata_of
from core.data.formats.format import Format, SourceFile
from core.data.formats.json_records import json_lines
from core.data.formats.reading.answers import ANSWERS, Answered, answer_label, named, settled_labels
from core.data.formats.reading.entries import ROLES, Entry, entries_table, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.messages import conversation, opened, values_by_path
from core.data.formats.reading.values import cell, single
from core.data.table import Table
from core.types import Dataset

_TITLE = "LangSmith"
_SIDES = {  # prefixes of columns
    "inputs": ("input_", "inputs_", "input.", "inputs."),
    "outputs": ("output_", "outputs_", "output.", "outputs."),
    "reference_outputs": (
        *("reference_outputs_", "reference_outputs.", "reference_output_", "reference_output."),
        "reference.",
    ),
}
_NAMES = {"reference_output": "reference_outputs", "reference": "reference_outputs"}
_METADATA = (*ROLES, "dataset_split")
_MARKS = ("outputs", "reference_outputs", "dataset_id", "run_type")
_RUN = ("run_type", "trace_id", "run_id", "parent_run_id", "feedback_stats", "session_id")


def _recognises(file: SourceFile) -> bool:
    """Inputs that are an object or messages, and outputs, a reference or a run's marks in some record."""
    records = _records(file)
    return any(name in record for record in records for name in _MARKS) and all(
        (isinstance(record.get("inputs"), Mapping) or bool(conversation(record.get("inputs"))))
        and isinstance(record.get("outputs", {}), Mapping | list | None)
        for record in records
    )


def _read(file: SourceFile) -> Table:
    """One input or one named as a text is the text; the same for outputs and the label."""
    records = _records(file)
    is_run = any("reference_outputs" in record or any(name in record for name in _RUN) for record in records)
    labels, notices = _of_run(records) if is_run else (None, [])
    entries = []
    for at, record in enumerate(records):
        metadata = record.get("metadata")
        split = record.get("split") or (
            metadata.get("dataset_split") if isinstance(metadata, Mapping) else None
        )
        roles, others = metadata_roles(metadata, id=record.get("id", record.get("run_id")), split=split)
        answers = _answers(record.get("outputs")) if labels is None else {"label": labels[at]}
        entries.append(Entry(_texts(record["inputs"]), answers, roles, others))
    return entries_table(entries, file.provenance(_TITLE).noting(notices))


def _of_run(records: Sequence[Record]) -> tuple[list[str], list[str]]:
    answered = [
        Answered(_one(record.get("reference_outputs")), _one(record.get("outputs"))) for record in records
    ]
    return settled_labels(answered, "the outputs of a run")


def _one(side: object) -> str:
    answers = _answers(side)
    return answers.get(named(answers, ANSWERS)) or next(iter(answers.values()), "") if answers else ""


def _records(file: SourceFile) -> Sequence[Record]:
    """The records of a JSON file, and those of a delimited one with LangSmith's columns."""
    sides = {_side(column)[0] for column in file.columns}
    if "inputs" in sides and sides & {"outputs", "reference_outputs"}:
        return [_record(file.columns, row) for row in file.table.rows]
    return [_renamed(record) for record in file.records]


def _renamed(record: Record) -> Record:
    if not any(name in record for name in _NAMES):
        return record
    return {_NAMES.get(name, name): value for name, value in record.items()}


def _side(column: str) -> tuple[str, str]:
    """Which side a column belongs to, and its name there; "" for neither."""
    name = column.strip()
    folded = name.casefold()
    if folded in (*_SIDES, *_NAMES):
        return _NAMES.get(folded, folded), ""
    prefixes = [
        (prefix, side) for side, all_ in _SIDES.items() for prefix in all_ if folded.startswith(prefix)
    ]
    prefix, side = max(prefixes, key=lambda pair: len(pair[0]), default=("", ""))
    return side, name[len(prefix) :]


def _write(dataset: Dataset) -> bytes:
    return json_lines(
        {"inputs": {"text": row.text}, "outputs": {"label": row.label}, "metadata": metadata_of(row)}
        for row in dataset.examples
    )


def _record(columns: Sequence[str], row: Sequence[str]) -> Record:
    """A row as the example that it was. Cells that hold JSON are opened, others stay as they are."""
    record: dict[str, Any] = {"inputs": {}, "outputs": {}, "metadata": {}}
    for column, value in zip(columns, row, strict=True):
        side, name = _side(column)
        lower = column.strip().casefold()
        if side and name:
            held = record.setdefault(side, {})
            if isinstance(held, dict):
                held[name] = opened(value)
        elif side:
            record[side] = _opened_side(value)
        elif lower == "metadata":
            record["metadata"] = opened(value) if value.strip() else {}
        elif lower in _RUN:
            record[lower] = value
        elif isinstance(record["metadata"], dict):
            short = lower if lower in _METADATA else lower.removeprefix("metadata_").removeprefix("metadata.")
            record["metadata"].setdefault(short, value)
    return record


def _opened_side(value: str) -> object:
    inner = opened(value) if value.strip() else {}
    return inner if isinstance(inner, Mapping | list) else {"value": inner}


def _texts(side: object) -> dict[str, str]:
    return {
        _short(name): single(value)
        for name, value in values_by_path({"": side} if isinstance(side, list) else side).items()
    }


def _answers(side: object) -> dict[str, str]:
    """The answers of a side by name: a chat model's message or generation is one."""
    if isinstance(side, Mapping) and isinstance(side.get("generations"), list):
        return {"output": answer_label(_generated(side["generations"]))}
    if isinstance(side, Mapping) and isinstance(side.get("choices"), list):
        first = side["choices"][0] if side["choices"] else {}
        return {"output": answer_label(first.get("message") if isinstance(first, Mapping) else first)}
    if isinstance(side, list):
        return {"output": answer_label(side)}
    if not isinstance(side, Mapping):
        return {"output": answer_label(side)} if cell(side) else {}
    return {_short(name): answer_label(value) for name, value in _unfolded(side).items()}


def _unfolded(side: Record) -> dict[str, object]:
    """Without objects around objects; messages stay whole, as an answer is what the assistant says in them."""
    values: dict[str, object] = {}
    for name, value in side.items():
        if isinstance(value, Mapping) and not answer_label(value):
            values |= {f"{name}.{inner}": each for inner, each in _unfolded(value).items()}
        else:
            values[name] = value
    return values


def _generated(generations: object) -> object:
    """The first generation: its message, or its text."""
    while isinstance(generations, list):
        generations = generations[0] if generations else ""
    if isinstance(generations, Mapping):
        return generations.get("message") or generations.get("text")
    return generations


def _short(name: str) -> str:
    return name.removesuffix(".content") or "messages"


LANGSMITH = Format("langsmith", _TITLE, ("jsonl",), "application/jsonl", _recognises, _read, _write)
