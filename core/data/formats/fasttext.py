"""fastText's lines for supervised training: __label__bug it crashes on start."""

from __future__ import annotations

import re

from core.data.formats.format import Format, SourceFile
from core.data.formats.reading.entries import Entry, Provenance, entries_table
from core.data.formats.reading.values import label_cell
from core.data.table import Table

_MARK = "__label__"
_LINE = re.compile(r"\s*((?:__label__[^\s,]+[\s,]*)*)(.*)")


def _recognises(file: SourceFile) -> bool:
    return file.syntax == "csv" and file.head.lstrip().startswith(_MARK)


def _read(file: SourceFile) -> Table:
    """A line that has no label is a row without one."""
    text, used, notices = file.decoded
    lines = [
        match for line in re.split(r"[\r\n]+", text) if line.strip() and (match := _LINE.fullmatch(line))
    ]
    entries = [
        Entry({"text": line[2].strip()}, {"label": label_cell(re.findall(_MARK + r"([^\s,]+)", line[1]))})
        for line in lines
    ]
    return entries_table(entries, Provenance(FASTTEXT.title, used, tuple(notices)))


FASTTEXT = Format("fasttext", "fastText", ("txt",), "text/plain", _recognises, _read)
