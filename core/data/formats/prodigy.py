"""Prodigy's annotations (`db-out`, JSON lines, or a CSV file of them): one label to accept or reject, choices, or
`cats`. Rejected means: not this label; ignored: no answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from core.data.formats.format import Format, SourceFile
from core.data.formats.reading.cell_values import opened_cell
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.values import cell, label_cell
from core.data.formats.reading.votes import Tally, Vote
from core.data.formats.spacy import cats_label
from core.data.importing.annotation_status import IGNORED, REJECTED
from core.data.table import Table
from core.errors import DataError

_TITLE = "Prodigy"
_NO_ANSWER = {"reject": REJECTED, "ignore": IGNORED}
_HASHES = ("_input_hash", "_task_hash")
_LABELS = ("accept", "cats", "label")
_OPENED = ("accept", "options", "cats", "meta", "label")


def _recognises(file: SourceFile) -> bool:
    if file.columns:
        return _is_task(dict.fromkeys(file.columns, ""), {"", "accept"})
    records = file.records
    return bool(records) and all(_is_task(record, {"accept", "reject", "ignore"}) for record in records)


def _is_task(record: Record, answers: set[str]) -> bool:
    marked = record.keys() & {*_HASHES}
    chosen = record.get("answer") in (*answers,) and record.keys() & {"accept", "options", "spans", "cats"}
    return "text" in record and bool((marked and record.keys() & {*_LABELS, "answer", "spans"}) or chosen)


def _read(file: SourceFile) -> Table:
    """DataError where spans of texts were marked and nothing was said of the texts themselves."""
    records = file.records or [_opened(file.columns, row) for row in file.table.rows]
    if not any(record.keys() & {*_LABELS} for record in records):
        raise DataError(
            "The Prodigy file marks parts of texts and has no labels of whole texts: export a dataset of textcat or choice."
        )
    tally, entries, left_out = Tally(), list[Entry](), Counter[str]()
    for tasks in _by_text(records).values():
        kept = [task for task in tasks if cell(task.get("answer")) not in _NO_ANSWER]
        if not kept:
            left_out[_NO_ANSWER[cell(tasks[0].get("answer"))]] += 1
            continue
        entries.append(_entry(kept, tally))
    source = file.provenance(_TITLE).noting(tally.notices()).leaving_out(left_out)
    if not entries:
        raise DataError(
            f"No row of the Prodigy file can be used, as all are left out: {'; '.join(left_out)}."
        )
    return entries_table(entries, source, ["text"], "label")


def _opened(columns: Sequence[str], row: Sequence[str]) -> Record:
    """A line of a CSV file, in which lists are written out."""
    record: dict[str, object] = dict(zip(columns, row, strict=True))
    return {
        key: opened_cell(row[columns.index(key)]) if key in _OPENED else value
        for key, value in record.items()
    }


def _by_text(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Tasks of one text together: it may have been asked about once for each label, and by several people."""
    texts: dict[str, list[Record]] = {}
    for record in records:
        texts.setdefault(cell(record.get("_input_hash")) or cell(record.get("text")), []).append(record)
    return texts


def _entry(tasks: Sequence[Record], tally: Tally) -> Entry:
    text = cell(tasks[0].get("text"))
    answers: dict[str, list[str]] = {}
    for task in tasks:
        who = cell(task.get("_annotator_id") or task.get("_session_id"))
        answers.setdefault(who, []).append(_label(task))
    votes = [
        Vote(who, label)
        for who, labels in answers.items()
        if (label := label_cell(list(map(opened_cell, labels))))
    ]
    label, votes_note = tally.decide(votes, text)
    roles, others = metadata_roles(tasks[0].get("meta"), id=tasks[0].get("id"), split=tasks[0].get("split"))
    roles["note"] = "\n".join(filter(None, (roles.get("note", ""), votes_note)))
    return Entry({"text": text}, {"label": label}, roles, others)


def _label(task: Record) -> str:
    """What was chosen; of options with numbers for ids, their texts."""
    if "accept" not in task:
        cats = task.get("cats")
        return cats_label(cats) if cats else label_cell(task.get("label"))
    options = task.get("options")
    offered = options if isinstance(options, list) else []
    names = {cell(each.get("id")): cell(each.get("text")) for each in offered if isinstance(each, Mapping)}
    numbered = bool(names) and all(identity.lstrip("-").isdigit() for identity in names)
    accepted = task["accept"] if isinstance(task["accept"], list) else [task["accept"]]
    chosen = [cell(each) for each in accepted]
    return label_cell([names.get(each) or each for each in chosen] if numbered else chosen)


PRODIGY = Format("prodigy", _TITLE, ("jsonl",), "application/jsonl", _recognises, _read)
