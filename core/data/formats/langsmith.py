"""LangSmith datasets: examples of {"inputs", "outputs", "metadata"}, as JSON, JSON lines or CSV with columns
input_… and output_…."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.data.formats.entries import Entry, Source, table_of, told_by
from core.data.formats.flat import leaves
from core.data.formats.json_text import Record, read_value
from core.data.formats.openai_chat import is_talk, question, said
from core.data.formats.values import one
from core.data.table import Table
from core.types import Dataset, Example

FORMAT = "LangSmith"
_INPUT, _OUTPUT = (
    ("input_", "inputs_", "input.", "inputs."),
    ("output_", "outputs_", "output.", "outputs.", "reference_output_"),
)
_KEPT = ("id", "split", "metadata", "dataset_split", "note", "exclude", "canonical")


def recognises(records: Sequence[Record]) -> bool:
    return all(
        isinstance(record.get("inputs"), Mapping) and isinstance(record.get("outputs", {}), Mapping | None)
        for record in records
    )


def read(records: Sequence[Record], source: Source) -> Table:
    """One input or one named as a text is the text; the same for outputs and the label."""
    entries = []
    for record in records:
        metadata = record.get("metadata")
        split = record.get("split") or (
            metadata.get("dataset_split") if isinstance(metadata, Mapping) else None
        )
        roles, others = told_by(metadata, id=record.get("id"), split=split)
        entries.append(Entry(_texts(record["inputs"]), _texts(record.get("outputs")), roles, others))
    return table_of(entries, Source(FORMAT, source.encoding, source.notices, source.spreadsheet))


def is_csv(columns: Sequence[str]) -> bool:
    lower = [column.strip().casefold() for column in columns]
    return {"inputs", "outputs"} <= set(lower) or (
        any(column.startswith(_INPUT) for column in lower)
        and any(column.startswith(_OUTPUT) for column in lower)
    )


def read_csv(table: Table) -> Table | None:
    """The table by its columns; None where it is not LangSmith's after all."""
    records = [_record(table.columns, row) for row in table.rows]
    if not recognises(records):
        return None
    return read(records, Source(FORMAT, table.encoding, table.notices, table.spreadsheet))


def records_of(dataset: Dataset, metadata_of: Callable[[Example], dict]) -> list[dict]:
    return [
        {"inputs": {"text": row.text}, "outputs": {"label": row.label}, "metadata": metadata_of(row)}
        for row in dataset.examples
    ]


def _record(columns: Sequence[str], row: Sequence[str]) -> dict[str, object]:
    """A row as the example that it was. Cells that hold a JSON object are opened, others stay as they are."""
    record: dict[str, object] = {"inputs": {}, "outputs": {}, "metadata": {}}
    for column, cell in zip(columns, row, strict=True):
        name = column.strip().casefold()
        side = "inputs" if name.startswith(_INPUT) else "outputs" if name.startswith(_OUTPUT) else ""
        if side:
            prefix = max((each for each in (*_INPUT, *_OUTPUT) if name.startswith(each)), key=len)
            record[side][column.strip()[len(prefix) :]] = cell
        elif name in ("inputs", "outputs", "metadata"):
            record[name] = _opened(cell) if cell.strip() else {}
        elif name in _KEPT:
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
    found: dict[str, str] = {}
    for path, value in leaves(side) if isinstance(side, Mapping) else ():
        name = ".".join(path).removesuffix(".content")
        found[name] = (question(value) or said(value[-1].get("content"))) if is_talk(value) else one(value)
    return found
