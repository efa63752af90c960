"""LangSmith datasets: examples of {"inputs", "outputs", "metadata"}, as JSON, JSON lines or CSV with columns
input_… and output_…."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.data.fields import metadata_of
from core.data.formats.format import Format, SourceFile
from core.data.formats.json_records import json_lines
from core.data.formats.openai_chat import is_conversation, message_text
from core.data.formats.reading.entries import ROLES, Entry, entries_table, leaves, metadata_roles
from core.data.formats.reading.json_text import Record, read_value
from core.data.formats.reading.values import single
from core.data.table import Table
from core.types import Dataset

_INPUT, _OUTPUT = (
    ("input_", "inputs_", "input.", "inputs."),
    ("output_", "outputs_", "output.", "outputs.", "reference_output_"),
)
_METADATA = (*ROLES, "dataset_split")


def _recognises(file: SourceFile) -> bool:
    records = _records(file)
    return bool(records) and all(
        isinstance(record.get("inputs"), Mapping) and isinstance(record.get("outputs", {}), Mapping | None)
        for record in records
    )


def _read(file: SourceFile) -> Table:
    """One input or one named as a text is the text; the same for outputs and the label."""
    entries = []
    for record in _records(file):
        metadata = record.get("metadata")
        split = record.get("split") or (
            metadata.get("dataset_split") if isinstance(metadata, Mapping) else None
        )
        roles, others = metadata_roles(metadata, id=record.get("id"), split=split)
        entries.append(Entry(_texts(record["inputs"]), _texts(record.get("outputs")), roles, others))
    return entries_table(entries, file.provenance("LangSmith"))


def _records(file: SourceFile) -> Sequence[Record]:
    """The records of a JSON file, and those of a delimited one with LangSmith's columns."""
    names = [column.strip().casefold() for column in file.columns]
    sides = any(name.startswith(_INPUT) for name in names) and any(name.startswith(_OUTPUT) for name in names)
    if sides or {"inputs", "outputs"} <= set(names):
        return [_record(file.columns, row) for row in file.table.rows]
    return file.records


def _write(dataset: Dataset) -> bytes:
    return json_lines(
        {"inputs": {"text": row.text}, "outputs": {"label": row.label}, "metadata": metadata_of(row)}
        for row in dataset.examples
    )


def _record(columns: Sequence[str], row: Sequence[str]) -> Record:
    """A row as the example that it was. Cells that hold a JSON object are opened, others stay as they are."""
    record: dict[str, Any] = {"inputs": {}, "outputs": {}, "metadata": {}}
    for column, cell in zip(columns, row, strict=True):
        name = column.strip().casefold()
        side = "inputs" if name.startswith(_INPUT) else "outputs" if name.startswith(_OUTPUT) else ""
        if side:
            prefix = max((each for each in (*_INPUT, *_OUTPUT) if name.startswith(each)), key=len)
            record[side][column.strip()[len(prefix) :]] = cell
        elif name in ("inputs", "outputs", "metadata"):
            record[name] = _opened(cell) if cell.strip() else {}
        elif name in _METADATA:
            record["metadata"].setdefault(name, cell) if isinstance(record["metadata"], dict) else None
        else:
            record["metadata"].setdefault(name.removeprefix("metadata_").removeprefix("metadata."), cell)
    return record


def _opened(cell: str) -> object:
    try:
        return read_value(cell)
    except ValueError:
        return cell


def _texts(side: object) -> dict[str, str]:
    return {
        ".".join(path).removesuffix(".content"): message_text(value)
        if is_conversation(value)
        else single(value)
        for path, value in (leaves(side) if isinstance(side, Mapping) else ())
    }


LANGSMITH = Format("langsmith", "LangSmith", ("jsonl",), "application/jsonl", _recognises, _read, _write)
