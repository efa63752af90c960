"""Exports of OpenAI's hosted datasets, closed since 30 November 2026, as CSV or JSON: the user's own columns, right
answers (ground_truth), what a prompt answered, a person's rating of that (good, bad) and feedback on it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.data.fields import EXTRAS, LABEL_NAMES
from core.data.formats.format import Format, SourceFile
from core.data.formats.reading.answers import (
    NOTES,
    OUTPUTS,
    RATINGS,
    Answered,
    answer_label,
    named,
    rating,
    reference_name,
    settled_labels,
)
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.messages import opened, values_by_path
from core.data.formats.reading.values import cell
from core.data.importing.column_names import MODEL_OUTPUT_NAMES, is_named, is_reference, plain, take_texts
from core.data.importing.columns import MAX_LABEL_LENGTH, MAX_LABELS
from core.data.table import Table

_TITLE = "OpenAI dataset"
_EXTRAS = {name for field in EXTRAS for name in (field.name, field.column, "metadata." + field.name)}
_NUMBER = re.compile(r"[\s_.-]*(?:\d+|\([^()]*\))\Z")
_PLAINLY = ("good", "bad", "thumbs up", "thumbs down", "thumbs_up", "thumbs_down", "👍", "👎")
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column is what: what prompts answered, how that is rated (the nth rating is of the nth output), what
    is right, and what a person wrote."""

    outputs: Sequence[str]
    ratings: Sequence[str]
    notes: Sequence[str]
    reference: str

    @property
    def taken(self) -> set[str]:
        return {*self.outputs, *self.ratings, *self.notes, self.reference}


def _recognises(file: SourceFile) -> bool:
    """Answers, and a column in which they are rated or criticised."""
    names = _names(file)
    if not any(map(_is_output, names)):
        return False
    rows = _rows(file)
    columns = _columns(rows, names)
    if not columns.reference and not _are_labels(rows, columns.outputs):
        return False
    return bool(columns.ratings) or bool(
        columns.reference and set(map(plain, columns.notes)) & set(NOTES[:2])
    )


def _are_labels(rows: Sequence[Row], outputs: Sequence[str]) -> bool:
    """Whether what was answered is a label: short, and the same again and again."""
    said = [answer_label(row.get(name)) for row in rows for name in outputs]
    different = {label for label in said if label}
    few = len(different) <= min(MAX_LABELS, max(2, len(said) // 2))
    return few and all(len(label) <= MAX_LABEL_LENGTH for label in different)


def _columns(rows: Sequence[Row], names: Sequence[str]) -> _Columns:
    outputs = [name for name in names if _is_output(name)]
    others = [name for name in names if name not in (*outputs, *_EXTRAS)]
    reference = reference_name(others)
    rated = [name for name in others if name != reference and _is_rating(rows, name)]
    notes = [name for name in others if name != reference and named([_unnumbered(name)], NOTES)]
    return _Columns(outputs, rated, notes, reference)


def _is_rating(rows: Sequence[Row], name: str) -> bool:
    """Whether a column rates: by its name and values, or since it holds nothing but good and bad."""
    values = [cell(row.get(name)) for row in rows if cell(row.get(name)).strip()]
    plainly = not is_named(name, LABEL_NAMES) and all(
        value.strip().casefold() in _PLAINLY for value in values
    )
    return bool(values) and (
        plainly or (bool(named([_unnumbered(name)], RATINGS)) and all(map(rating, values)))
    )


def _is_output(name: str) -> bool:
    return bool(named([_unnumbered(name)], (*OUTPUTS, *MODEL_OUTPUT_NAMES))) and not is_reference(name)


def _unnumbered(name: str) -> str:
    """output_1, Output (gpt-5) and output 2 are outputs."""
    return _NUMBER.sub("", name.strip())


def _names(file: SourceFile) -> list[str]:
    if file.columns:
        return list(file.columns)
    return list(dict.fromkeys(name for record in file.records[:100] for name in values_by_path(record)))


def _rows(file: SourceFile) -> Sequence[Row]:
    if file.columns:
        return [dict(zip(file.columns, row, strict=True)) for row in file.table.rows]
    return [values_by_path(record) for record in file.records]


def _read(file: SourceFile) -> Table:
    rows = _rows(file)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = _columns(rows, names)
    labels, notices = settled_labels([_answered(row, columns) for row in rows], "the dataset's outputs")
    texts = _text_names(rows, [name for name in names if name not in columns.taken and name not in _EXTRAS])
    entries = [_entry(row, texts, columns, label) for row, label in zip(rows, labels, strict=True)]
    return entries_table(entries, file.provenance(_TITLE).noting(notices), texts, "label")


def _answered(row: Row, columns: _Columns) -> Answered:
    """Of several outputs the first that is rated good, or else the first."""
    pairs = [
        (
            answer_label(row.get(output)),
            rating(row.get(columns.ratings[at])) if at < len(columns.ratings) else "",
        )
        for at, output in enumerate(columns.outputs)
    ]
    best = next((pair for pair in pairs if pair[1] == "good"), None) or pairs[0]
    return Answered(answer_label(row.get(columns.reference)) if columns.reference else "", *best)


def _text_names(rows: Sequence[Row], free: list[str]) -> list[str]:
    """The columns named as texts, or else the one with the longest cells."""
    lengths = {name: sum(len(cell(row.get(name))) for row in rows) for name in free}
    return list(take_texts(list(free))) or sorted(free, key=lambda name: -lengths[name])[:1]


def _entry(row: Row, texts: Sequence[str], columns: _Columns, label: str) -> Entry:
    rest = {name: value for name, value in row.items() if name not in texts and name not in columns.taken}
    note = "; ".join(cell(row.get(name)) for name in columns.notes if cell(row.get(name)).strip())
    roles, others = metadata_roles(rest, note=note)
    more = {name.removeprefix("metadata."): value for name, value in others.items()}
    said = {name: cell(row.get(name)) for name in columns.outputs}
    return Entry({name: cell(_text(row.get(name))) for name in texts}, {"label": label}, roles, more | said)


def _text(value: object) -> object:
    """A cell that holds a conversation as JSON is what was said last."""
    inner = opened(value) if isinstance(value, str) else value
    found = values_by_path({"x": inner}) if isinstance(inner, list) else {}
    return found.get("x", value)


OPENAI_DATASET = Format("openai_dataset", _TITLE, ("csv", "jsonl"), "text/csv", _recognises, _read)
