"""The front door for files: what one is, told by its content; whatever is known of its shape needs no mapping."""

from __future__ import annotations

import re

from core.data.decoding import decode
from core.data.formats import argilla, label_studio, label_studio_flat, langsmith, openai_chat, openai_evals
from core.data.formats.entries import Source
from core.data.formats.flat import table_of_records
from core.data.formats.json_text import read_records
from core.data.reading import read_table
from core.data.table import Table

_JSON = re.compile(r"\s*(\{\s*[\"}]|\[\s*[\[{])")
# Each recognises its records by what no other has; the first that does reads them.
_SHAPES = (
    ("OpenAI chat", openai_chat), ("OpenAI Evals", openai_evals), ("Label Studio", label_studio), ("LangSmith", langsmith),
    ("Argilla", argilla),
)


def open_file(raw: bytes, encoding: str | None = None) -> Table:
    """A CSV, TSV, JSON or JSON lines file as a table. Exports of OpenAI (chat lines, Evals rows), Label Studio, LangSmith and Argilla are
    recognised, and then `Table.known` says which column is what. Nothing in it is executed or fetched. Raises DataError."""
    if _looks_like_json(raw, encoding):
        return _from_json(raw, encoding)
    table = read_table(raw, encoding)
    if label_studio_flat.is_flat(table.columns):
        return label_studio_flat.read_csv(table)
    if langsmith.is_csv(table.columns):
        return langsmith.read_csv(table) or table
    return table


def _looks_like_json(raw: bytes, encoding: str | None) -> bool:
    if not raw[:64].strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith((b"{", b"[")):
        return False
    text, _, _ = decode(raw, encoding)
    return _JSON.match(text) is not None


def _from_json(raw: bytes, encoding: str | None) -> Table:
    text, used, notices = decode(raw, encoding)
    records, lines = read_records(text)
    for name, shape in _SHAPES:
        if shape.recognises(records):
            return shape.read(records, Source(name, used, tuple(notices)))
    if label_studio_flat.is_flat(records[0]):
        return label_studio_flat.read_flat(records, Source(label_studio_flat.FORMAT, used, tuple(notices)))
    return table_of_records(records, used, notices, "JSON lines" if lines else "JSON")
