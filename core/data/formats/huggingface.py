"""Rows as the Hugging Face dataset viewer's API gives them (/rows, /first-rows, /search, /filter): labels are
numbers, and what they mean stands in the features beside the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.data.formats.format import Format, SourceFile
from core.data.formats.json_records import table_of_records
from core.data.formats.openai.chat import OPENAI_CHAT
from core.data.formats.reading.class_names import class_named, classes_within
from core.data.formats.reading.described_names import name_notice
from core.data.formats.reading.json_text import Record, read_documents
from core.data.formats.reading.values import label_cell
from core.data.table import Table
from core.errors import DataError
from core.wording import counted, listed, quoted

_TITLE = "Hugging Face viewer"
Names = Mapping[str, Mapping[tuple[str, ...], Sequence[str]]]


def _recognises(file: SourceFile) -> bool:
    return file.syntax == "json" and '"features"' in file.decoded[0] and bool(_pages(file))


def _pages(file: SourceFile) -> list[Record]:
    """The answers of the API, one or several after each other or in a list; none for any other file."""
    try:
        documents = read_documents(file.decoded[0])
    except DataError:
        return []
    if len(documents) == 1 and isinstance(documents[0], list):
        documents = documents[0]
    pages = [each for each in documents if isinstance(each, Mapping) and _is_page(each)]
    return pages if len(pages) == len(documents) else []


def _is_page(value: Record) -> bool:
    rows = value.get("rows")
    return (
        "features" in value
        and isinstance(rows, list)
        and all(isinstance(row, Mapping) and isinstance(row.get("row"), Mapping) for row in rows)
    )


def _read(file: SourceFile) -> Table:
    """DataError for pages without rows."""
    pages, notices = _pages(file), []
    features = {name: feature for page in pages for name, feature in _features(page["features"]).items()}
    rows = [(page, row) for page in pages for row in page["rows"]]
    if not rows:
        raise DataError(
            "The file is an answer of the Hugging Face viewer without rows; it has the columns "
            f"{listed(list(features))}: download another part."
        )
    names = {name: known for name, feature in features.items() if (known := classes_within(feature))}
    cut: dict[str, int] = {}
    parts = {str(page.get("split")) for page in pages if page.get("split")}
    records = []
    for page, row in rows:
        for name in _cut_cells(row):
            cut[name] = cut.get(name, 0) + 1
        extra = {"split": page.get("split")} if len(parts) > 1 and "split" not in row["row"] else {}
        records.append({**_named_row(row, features, names), **extra})
    notices += [*_class_notices(names), *_cut_notices(cut, names), *_part_notices(pages, len(rows))]
    chats = SourceFile.of_records(records)
    if OPENAI_CHAT.recognises(chats):
        table = OPENAI_CHAT.read(chats)
        return replace(table, format=_TITLE, notices=(*notices, *table.notices))
    return table_of_records(records, file.provenance(_TITLE).noting(notices))


def _features(features: Any) -> dict[str, object]:
    """By column: the viewer has a list of {name, type}, a dataset's own description an object."""
    if isinstance(features, Mapping):
        return dict(features)
    return {
        str(each["name"]): each.get("type")
        for each in features or ()
        if isinstance(each, Mapping) and "name" in each
    }


def _cut_cells(row: Record) -> list[str]:
    cut = row.get("truncated_cells")
    return [str(name) for name in cut] if isinstance(cut, list) else []


def _named_row(row: Record, features: Mapping[str, object], names: Names) -> Record:
    """The row with names for numbers. A label that was cut off is none."""
    cut = _cut_cells(row)
    return {
        name: value if name not in names else "" if name in cut else _named(value, features[name])
        for name, value in row["row"].items()
    }


def _named(value: object, feature: object) -> object:
    found = class_named(value, feature)
    return found if isinstance(found, Mapping) else label_cell(found)


def _class_notices(names: Names) -> list[str]:
    return [
        name_notice(".".join((name, *path)), labels)
        for name, paths in names.items()
        for path, labels in paths.items()
    ]


def _cut_notices(cut: Mapping[str, int], names: Mapping[str, object]) -> list[str]:
    return [
        f"{counted(n, 'cell')} of column {quoted(name)} {'was' if n == 1 else 'were'} cut off by the viewer"
        + (
            " and left out."
            if name in names
            else ": download the dataset itself (Parquet) for the whole texts."
        )
        for name, n in cut.items()
    ]


def _part_notices(pages: Sequence[Record], rows: int) -> list[str]:
    """Say so where the dataset has more rows than the file."""
    total = {
        page.get("split"): int(page["num_rows_total"])
        for page in pages
        if str(page.get("num_rows_total", "")).isdigit()
    }
    if sum(total.values()) > rows:
        return [f"The file holds {rows:,} of the dataset's {sum(total.values()):,} rows."]
    if any(page.get("partial") is True or page.get("truncated") is True for page in pages):
        return ["The viewer had only a part of the dataset: the file does not hold all of its rows."]
    return []


HUGGING_FACE = Format("huggingface", _TITLE, ("json", "jsonl"), "application/json", _recognises, _read)
