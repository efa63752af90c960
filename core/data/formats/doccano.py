"""Doccano's exports as JSON and JSON lines: labels in lists, comments, who approved, and the older annotations with
a number for a label. (In its CSV files labels are joined by #.)"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from core.data.formats.format import Format, SourceFile
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.values import Number, cell, label_cell
from core.data.formats.reading.votes import Tally, Vote
from core.data.table import Table
from core.errors import DataError

_TITLE = "Doccano"
_LABELS = ("label", "labels", "cats", "annotations")
_COMMENTS = ("Comments", "comments")
_APPROVALS = ("annotation_approver", "annotations_approved_by", "is_confirmed")
_NO_FIELDS = {"id", "text", "data", "meta", "entities", "relations", *_LABELS, *_COMMENTS}
_SPANS = "parts of the text marked, which are no labels of it"


def _recognises(file: SourceFile) -> bool:
    records = file.records
    return bool(records) and all(map(_is_document, records))


def _is_document(record: Record) -> bool:
    labels = next((record[key] for key in _LABELS if key in record), None)
    marked = record.keys() & {*_COMMENTS, *_APPROVALS, "entities"} or "annotations" in record
    text = record.get("text", record.get("data"))
    return bool(isinstance(text, str) and isinstance(labels, list) and marked)


def _read(file: SourceFile) -> Table:
    """DataError where parts of texts were labelled, and no text as a whole."""
    tally, entries, left_out, numbers = Tally(), list[Entry](), Counter[str](), 0
    for record in file.records:
        labels: list[object] = next(record[key] for key in _LABELS if key in record)
        if any(map(_is_span, labels)):
            left_out[_SPANS] += 1
            continue
        label, votes_note = tally.decide(_votes(labels), cell(record.get("text")))
        numbers += any(isinstance(each, Mapping) and isinstance(each.get("label"), Number) for each in labels)
        entries.append(_entry(record, label, votes_note))
    if not entries:
        raise DataError(
            "The Doccano file labels parts of texts and not whole texts: export a project for text classification."
        )
    notices = tally.notices()
    if numbers:
        notices.append(
            "Labels are the numbers that Doccano has for them, as this kind of export holds no names: "
            "rename them after the import, or export as JSONL with text labels."
        )
    return entries_table(entries, file.provenance(_TITLE).noting(notices).leaving_out(left_out))


def _is_span(label: object) -> bool:
    """Whether a part of the text was labelled: [start, end, label], or an object with offsets."""
    if isinstance(label, Mapping):
        return "start_offset" in label
    return isinstance(label, list) and len(label) == 3 and all(isinstance(each, Number) for each in label[:2])


def _votes(labels: Sequence[object]) -> list[Vote]:
    """One for each annotator; those of the newer exports are nobody's."""
    by_user: dict[str, list[object]] = {}
    for each in labels:
        annotation = each if isinstance(each, Mapping) else {"label": each}
        by_user.setdefault(cell(annotation.get("user")), []).append(annotation.get("label"))
    return [Vote(user, label) for user, given in by_user.items() if (label := label_cell(given))]


def _entry(record: Record, label: str, votes_note: str) -> Entry:
    roles, others = metadata_roles(record.get("meta"), id=record.get("id"), split=record.get("split"))
    comments: object = next((record[key] for key in _COMMENTS if record.get(key)), [])
    said = comments if isinstance(comments, list) else [comments]
    words = [
        cell(each.get("comment") or each.get("text")) if isinstance(each, Mapping) else cell(each)
        for each in said
    ]
    roles["note"] = "\n".join(filter(None, (roles.get("note", ""), *words, votes_note)))
    others |= {key: cell(value) for key, value in record.items() if key not in _NO_FIELDS and key != "split"}
    return Entry({"text": cell(record.get("text", record.get("data")))}, {"label": label}, roles, others)


DOCCANO = Format("doccano", _TITLE, ("jsonl", "json"), "application/jsonl", _recognises, _read)
