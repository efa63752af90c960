"""Exports of OpenAI's hosted datasets, closed since 30 November 2026, as CSV or JSON: the user's own columns, right
answers (ground_truth), what a prompt answered, a person's rating of that (good, bad) and feedback on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.data.fields import EXTRAS
from core.data.formats.format import Format, SourceFile
from core.data.formats.reading.answers import (
    NOTES,
    OUTPUTS,
    RATINGS,
    REFERENCES,
    Answered,
    answer_label,
    named,
    rating,
    settled_labels,
)
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.messages import opened, values_by_path
from core.data.formats.reading.values import cell
from core.data.importing.columns import take_texts
from core.data.table import Table

_TITLE = "OpenAI dataset"
_EXTRAS = {name for field in EXTRAS for name in (field.name, field.column, "metadata." + field.name)}
Row = Mapping[str, object]


def _recognises(file: SourceFile) -> bool:
    """Answers, and a column in which they are rated or criticised."""
    names = _names(file)
    output, rated, note = named(names, OUTPUTS), named(names, RATINGS), named(names, NOTES[:2])
    if not output or not (rated or note):
        return False
    if not rated:
        return bool(named(names, REFERENCES))
    ratings = [cell(row.get(rated)) for row in _rows(file) if cell(row.get(rated)).strip()]
    return bool(ratings) and all(map(rating, ratings))


def _names(file: SourceFile) -> list[str]:
    if file.columns:
        return list(file.columns)
    return list(dict.fromkeys(name for record in file.records[:100] for name in values_by_path(record)))


def _rows(file: SourceFile) -> Sequence[Row]:
    if file.columns:
        return [dict(zip(file.columns, row, strict=True)) for row in file.table.rows]
    return [values_by_path(record) for record in file.records]


def _read(file: SourceFile) -> Table:
    rows, names = _rows(file), list(dict.fromkeys(name for row in _rows(file) for name in row))
    output, rated, note = named(names, OUTPUTS), named(names, RATINGS), named(names, NOTES)
    free = [name for name in names if name not in (output, rated, note, *_EXTRAS)]
    reference = named(free, REFERENCES)
    answered = [
        Answered(
            answer_label(row.get(reference)) if reference else "",
            answer_label(row.get(output)),
            rating(row.get(rated)) if rated else "",
        )
        for row in rows
    ]
    labels, notices = settled_labels(answered, "the dataset's output column")
    texts = _text_names(rows, [name for name in free if name != reference and not _is_output(name)])
    entries = [
        _entry(
            {key: value for key, value in row.items() if key not in (reference, rated)}, texts, note, label
        )
        for row, label in zip(rows, labels, strict=True)
    ]
    return entries_table(entries, file.provenance(_TITLE).noting(notices), texts, "label")


def _is_output(name: str) -> bool:
    return bool(named([name], OUTPUTS))


def _text_names(rows: Sequence[Row], free: list[str]) -> list[str]:
    """The columns named as texts, or else the one with the longest cells."""
    lengths = {name: sum(len(cell(row.get(name))) for row in rows) for name in free}
    return list(take_texts(list(free))) or sorted(free, key=lambda name: -lengths[name])[:1]


def _entry(row: Row, texts: Sequence[str], note: str, label: str) -> Entry:
    rest = {name: value for name, value in row.items() if name not in texts and name != note}
    roles, others = metadata_roles(rest, note=row.get(note) if note else None)
    named_texts = {name: cell(_text(row.get(name))) for name in texts}
    return Entry(
        named_texts,
        {"label": label},
        roles,
        {name.removeprefix("metadata."): value for name, value in others.items()},
    )


def _text(value: object) -> object:
    """A cell that holds a conversation as JSON is what was said last."""
    inner = opened(value) if isinstance(value, str) else value
    found = values_by_path({"x": inner}) if isinstance(inner, list) else {}
    return found.get("x", value)


OPENAI_DATASET = Format("openai_dataset", _TITLE, ("csv", "jsonl"), "text/csv", _recognises, _read)
