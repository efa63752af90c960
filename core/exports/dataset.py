"""A dataset as a file, in every format that can be read back: `open_file` and `to_dataset` give the same
examples again."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from core.data.csv_text import COLUMNS, to_csv, to_rows
from core.data.formats import argilla, label_studio, langsmith, openai_chat, openai_evals
from core.data.formats.promptfoo import yaml_config
from core.data.formats.promptfoo.escapes import shielded
from core.errors import DataError, UsageError
from core.types import Dataset, Example
from core.wording import listed, quoted

# Format to the ending of its files.
FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "csv": ".csv",
        "tsv": ".tsv",
        "jsonl": ".jsonl",
        "json": ".json",
        "parquet": ".parquet",
        "xlsx": ".xlsx",
        "promptfoo": ".yaml",
        "openai_chat": ".jsonl",
        "openai_evals": ".jsonl",
        "langsmith": ".jsonl",
        "label_studio": ".json",
        "argilla": ".json",
    }
)
_SHAPES = MappingProxyType(
    {
        "openai_chat": openai_chat,
        "openai_evals": openai_evals,
        "langsmith": langsmith,
        "label_studio": label_studio,
        "argilla": argilla,
    }
)
_BROKEN = re.compile("[\0\ud800-\udfff]")
# YAML takes some of these for the end of a line, and refuses others.
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def export(dataset: Dataset, format: str) -> bytes:
    """All rows, excluded ones too, with id, note, marks and split as far as the shape has a place for them:
    in its metadata, if nowhere else. UsageError for a format that is none of FORMATS, DataError for a row
    that cannot be written."""
    if format not in FORMATS:
        raise UsageError(f"There is no format {quoted(format)} to export: use {listed(list(FORMATS))}.")
    _check(dataset.examples)
    if format == "xlsx":
        from core.data.formats.excel import workbook

        return workbook.write(dataset)
    if format == "parquet":
        from core.data.formats import parquet

        return parquet.write(dataset)
    if format == "csv":
        return to_csv(dataset).encode("utf-8-sig")
    return _text(dataset, format).encode("utf-8")


def _text(dataset: Dataset, format: str) -> str:
    if format == "tsv":
        out = io.StringIO(newline="")
        csv.writer(out, delimiter="\t", lineterminator="\r\n").writerows(to_rows(dataset))
        return out.getvalue()
    if format == "promptfoo":
        return "".join(yaml_config.lines_of(dataset, metadata_of, _yaml_string))
    if format in ("json", "jsonl"):
        records: Iterable[dict] = map(_plain, dataset.examples)
    else:
        records = _SHAPES[format].records_of(dataset, metadata_of)
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    if FORMATS[format] == ".jsonl":
        return "\n".join([*lines, ""])
    return "[\n" + ",\n".join(lines) + "\n]\n"


def metadata_of(row: Example) -> dict[str, object]:
    """What a shape has no place for: id, note, marks and split; blank ones are left out."""
    told = {
        "id": row.id,
        "note": row.note,
        "exclude": row.excluded,
        "canonical": row.canonical,
        "split": row.split,
    }
    return {name: value for name, value in told.items() if value}


def _plain(row: Example) -> dict[str, object]:
    return dict(
        zip(
            COLUMNS,
            (row.id, row.text, row.label, row.note, row.excluded, row.canonical, row.split),
            strict=True,
        )
    )


def _yaml_string(text: str) -> str:
    """A string of JSON, which is one of YAML too but for a few characters; nothing in it is a template to
    promptfoo."""
    return _NOT_IN_YAML.sub(
        lambda match: f"\\u{ord(match[0]):04x}", json.dumps(shielded(text), ensure_ascii=False)
    )


def _check(rows: Iterable[Example]) -> None:
    for row in rows:
        if any(_BROKEN.search(text) for text in (row.id, row.text, row.label, row.note)):
            raise DataError(
                f"The row {quoted(row.id)} holds NUL or half of a character, which no file can keep: correct it first."
            )
