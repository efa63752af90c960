"""Examples for spaCy's text classifier: a text with `cats`, a score for each label, or a list of label and value; the
older JSON with paragraphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.data.formats.format import Format, SourceFile
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.values import as_json, cell, label_cell
from core.data.table import Table

_TITLE = "spaCy"
_LIKELY = 0.5


def _recognises(file: SourceFile) -> bool:
    examples = _examples(file.records)
    return bool(examples) and all(_is_example(example) for example in examples)


def _is_example(record: Record) -> bool:
    cats = record.get("cats")
    listed = isinstance(cats, list) and all(isinstance(each, Mapping) and "value" in each for each in cats)
    return bool({"text", "raw"} & record.keys()) and (isinstance(cats, Mapping) or listed)


def _examples(records: Sequence[Record]) -> list[Record]:
    examples: list[Record] = []
    for record in records:
        paragraphs = record.get("paragraphs")
        examples += (
            paragraphs if isinstance(paragraphs, list) and all(map(_is_mapping, paragraphs)) else [record]
        )
    return examples


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _read(file: SourceFile) -> Table:
    entries = []
    for example in _examples(file.records):
        roles, others = metadata_roles(example.get("meta"), id=example.get("id"), split=example.get("split"))
        text = cell(example.get("text", example.get("raw")))
        entries.append(Entry({"text": text}, {"label": cats_label(example["cats"])}, roles, others))
    return entries_table(entries, file.provenance(_TITLE), ["text"], "label")


def cats_label(cats: object) -> str:
    """The labels with a score of one half and more."""
    scores = (
        cats
        if isinstance(cats, Mapping)
        else {each.get("label"): each.get("value") for each in _listed(cats)}
    )
    return label_cell([cell(label) for label, score in scores.items() if _score(score) >= _LIKELY])


def _listed(cats: object) -> Sequence[Record]:
    return cats if isinstance(cats, list) else []


def _score(score: object) -> float:
    if isinstance(score, bool):
        return float(score)
    try:
        return float(score if isinstance(score, str | int | float) else as_json(score))
    except ValueError:
        return 0.0


SPACY = Format("spacy", _TITLE, ("jsonl", "json"), "application/jsonl", _recognises, _read)
