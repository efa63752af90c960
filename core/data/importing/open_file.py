"""The front door for files: what kind it is, by content first and by name second, and its table. Nothing in a
file is run or fetched."""

from __future__ import annotations

import re

from core.data.formats import argilla, label_studio, label_studio_flat, langsmith, openai_chat, openai_evals
from core.data.formats.entries import Source
from core.data.formats.flat import table_of_records
from core.data.formats.json_text import read_records
from core.data.formats.promptfoo import csv_tests, yaml_config
from core.data.importing.delimited import read_text
from core.data.importing.encoding import decode
from core.data.table import Table
from core.errors import DataError

# What an uploader may offer; content decides.
EXTENSIONS = ("csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "xlsx", "yaml", "yml")
_SHAPES = (label_studio, langsmith, openai_evals, openai_chat, argilla, yaml_config)
_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\]])")
_YAML = re.compile(r"(?:---|(?:- )?(?:tests|vars|prompts|providers|defaultTest|description|assert)\s*:)")
_TEST = re.compile(r"^\s*(?:- )?(?:vars|tests)\s*:", re.MULTILINE)


def open_file(raw: bytes, filename: str = "", encoding: str | None = None) -> Table:
    """CSV, TSV, JSON, JSON lines, Parquet, Excel, and the shapes of promptfoo, OpenAI, LangSmith, Label
    Studio and Argilla. A shape that says what is what sets `Table.known`. `encoding` overrides the guess for
    text. DataError, in one sentence, for what cannot be read."""
    if raw.startswith(b"PK\x03\x04"):
        from core.data.formats.excel import workbook

        return workbook.read(raw)
    if raw.startswith(b"PAR1"):
        from core.data.formats import parquet

        return parquet.read(raw)
    text, used, notices = decode(raw, encoding)
    kind = filename.rpartition(".")[2].casefold()
    if _JSON.match(text):
        return _json(text, used, notices)
    if _is_yaml(text, kind):
        return _yaml(text, used, notices)
    if kind in ("json", "jsonl", "ndjson") and text.strip():
        return _json(text, used, notices)
    return _shaped(read_text(text, used, notices))


def _is_yaml(text: str, kind: str) -> bool:
    first = next(
        (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), ""
    )
    return bool(_YAML.match(first) and (_TEST.search(text) or kind in ("yaml", "yml"))) or (
        kind in ("yaml", "yml") and bool(first)
    )


def _yaml(text: str, used: str, notices: list[str]) -> Table:
    from core.data.formats.yaml_text import read_yaml

    value = read_yaml(text)
    if not yaml_config.is_config(value):
        raise DataError(
            "The YAML file holds no promptfoo tests: it needs a list named tests, or save the rows as CSV or JSON."
        )
    return yaml_config.read_config(value, Source(yaml_config.FORMAT, used, notices))


def _json(text: str, used: str, notices: list[str]) -> Table:
    config = yaml_config.config_in(text)
    if config is not None:
        return yaml_config.read_config(config, Source(yaml_config.FORMAT, used, notices))
    records, lines = read_records(text)
    source = Source("JSON lines" if lines else "JSON", used, notices)
    for shape in _SHAPES:
        if shape.recognises(records):
            return shape.read(records, source)
    return table_of_records(records, used, notices, source.format)


def _shaped(table: Table) -> Table:
    """A delimited file may be an export with columns of its own."""
    if csv_tests.is_csv(table.columns):
        return csv_tests.read_csv(table)
    if label_studio_flat.is_flat(table.columns):
        return label_studio_flat.read_csv(table)
    if langsmith.is_csv(table.columns):
        return langsmith.read_csv(table) or table
    return table
