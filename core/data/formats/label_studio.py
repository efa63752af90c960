"""Label Studio: tasks with annotations (JSON), and the flat exports with a row per annotation (JSON-MIN,
CSV)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.data.fields import EXTRAS, metadata_of
from core.data.formats.format import Format, SourceFile
from core.data.formats.json_records import json_list
from core.data.formats.reading.cell_values import opened_cell
from core.data.formats.reading.entries import Entry, entries_table, leaves, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.messages import conversation, last_said
from core.data.formats.reading.values import cell, label_cell
from core.data.formats.reading.votes import Tally, Vote
from core.data.importing.annotation_status import CANCELLED, PREDICTED, REVIEWED
from core.data.importing.column_names import is_model_output, take_label, take_texts
from core.data.importing.columns import MAX_LABELS
from core.data.table import Table
from core.errors import DataError
from core.types import Dataset

_TITLE = "Label Studio"
_ANSWERS = ("annotations", "completions")
_OURS = (*(field.column for field in EXTRAS if field.name != "id"), "meta")
_THEIRS = (
    *("annotation_id", "annotator", "created_at", "updated_at", "lead_time"),
    *("id", "agreement", "completed_by", "ground_truth", "was_cancelled", "skipped", "predictions"),
)


@dataclass(slots=True)
class _TaskAnswers:
    """Of one task: votes by question, what annotators wrote by question, and why annotations that are none are none."""

    votes: dict[str, list[Vote]] = field(default_factory=dict)
    written: dict[str, list[Vote]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def _recognises(file: SourceFile) -> bool:
    records = file.records
    return _is_flat(file.columns) or (
        bool(records) and (all(map(_is_task, records)) or all(map(_is_flat, records)))
    )


def _is_task(record: Record) -> bool:
    return isinstance(record.get("data"), Mapping) and bool(record.keys() & {*_ANSWERS, "predictions"})


def _read(file: SourceFile) -> Table:
    records = file.records
    if file.columns:
        records = [dict(zip(file.columns, row, strict=True)) for row in file.table.rows]
    return _read_flat(file, records) if _is_flat(records[0]) else _read_tasks(file)


def _is_flat(columns: Iterable[str]) -> bool:
    return {"annotation_id", "annotator"} <= {cell(column) for column in columns}


# ---- tasks with their annotations


def _read_tasks(file: SourceFile) -> Table:
    """What is written beside a chosen label is a note; where no task chooses one it is the answer. Cancelled annotations and
    the predictions of models are no labels. DataError where nothing else is there."""
    tally, entries, left_out = Tally(), list[Entry](), Counter[str]()
    answered = [_answers(task) for task in file.records]
    is_written = not any(answers.votes for answers in answered)
    for task, answers in zip(file.records, answered, strict=True):
        texts, given = _texts(task["data"]), answers.written if is_written else answers.votes
        if not given and (reason := _no_answer(task, answers)):
            left_out[reason] += 1
            continue
        remarks = (vote.label for votes in answers.written.values() for vote in votes)
        notes, labels = [] if is_written else list(remarks), {}
        for name, votes in given.items():
            labels[name], votes_note = tally.decide(votes, next(iter(texts.values()), ""))
            notes.append(votes_note)
        roles, others = metadata_roles(task.get("meta"), id=task.get("id"), split=task.get("split"))
        roles["note"] = "\n".join(filter(None, (roles.get("note", ""), *notes)))
        entries.append(Entry(texts, labels, roles, others))
    if not any(entry.labels for entry in entries):
        raise DataError(
            "No task in the file has an annotation that chooses a label or writes an answer: annotate some in Label Studio, and "
            "export those."
        )
    return entries_table(entries, file.provenance(_TITLE).noting(tally.notices()).leaving_out(left_out))


def _no_answer(task: Record, answers: _TaskAnswers) -> str:
    """Why a task without votes is left out; empty where nobody looked at it."""
    return answers.refused[0] if answers.refused else PREDICTED if task.get("predictions") else ""


def _answers(task: Record) -> _TaskAnswers:
    answers = _TaskAnswers()
    given: list[Any] = next((task[key] for key in _ANSWERS if isinstance(task.get(key), list)), [])
    for annotation in given:
        if not isinstance(annotation, Mapping):
            continue
        reason = _refused(annotation)
        if reason:
            answers.refused.append(reason)
            continue
        results = annotation.get("result")
        for result in results if isinstance(results, list) else []:
            if isinstance(result, Mapping):
                _take(result, annotation, answers)
    return answers


def _refused(annotation: Record) -> str:
    """Why an annotation, or a row of a flat export, is no answer: it was skipped, or a reviewer turned it down."""
    if any(cell(annotation.get(key)).casefold() in ("true", "1") for key in ("was_cancelled", "skipped")):
        return CANCELLED
    reviews = annotation.get("reviews")
    last = reviews[-1] if isinstance(reviews, list) and reviews else None
    turned_down = (
        isinstance(last, Mapping)
        and last.get("accepted") is False
        and not last.get("fixed_annotation_history")
    )
    return REVIEWED if turned_down or annotation.get("last_action") == "rejected" else ""


def _take(result: Record, annotation: Record, answers: _TaskAnswers) -> None:
    given = result.get("value")
    value: Record = given if isinstance(given, Mapping) else {}
    if result.get("type") == "textarea":
        text, votes = value.get("text"), answers.written
        parts = [cell(each) for each in (text if isinstance(text, list) else [text])]
        label = "\n".join(part for part in parts if part.strip())
    else:
        label, votes = label_cell(_chosen(value)), answers.votes
    if label:
        vote = Vote(_who(annotation.get("completed_by")), label, annotation.get("ground_truth") is True)
        votes.setdefault(cell(result.get("from_name")) or "label", []).append(vote)


def _chosen(value: Record) -> list[str]:
    """Labels of one answer; of a taxonomy its path."""
    if isinstance(value.get("choices"), list):
        return [cell(choice) for choice in value["choices"] if cell(choice)]
    if isinstance(value.get("taxonomy"), list):
        return [" / ".join(map(cell, path)) for path in value["taxonomy"] if isinstance(path, list)]
    return [cell(value["rating"])] if value.get("rating") is not None else []


def _who(completed_by: object) -> str:
    if isinstance(completed_by, Mapping):
        return cell(completed_by.get("email") or completed_by.get("username") or completed_by.get("id"))
    return cell(completed_by)


def _texts(data: Mapping[str, object]) -> dict[str, str]:
    """Everything that is to be judged. Addresses of images and the like stay text; nothing is fetched."""
    return {
        ".".join(path): last_said(conversation(value)) if conversation(value) else cell(value)
        for path, value in leaves(data)
    }


# ---- flat exports (JSON-MIN, CSV): a row per annotation, so that a text with several comes several times


def _read_flat(file: SourceFile, records: Sequence[Record]) -> Table:
    keys = dict.fromkeys(name for record in records for name in record)
    names = [name for name in keys if name not in (*_THEIRS, *_OURS)]
    label = _label(records, list(names))
    texts = [name for name in names if name != label]
    texts = list(take_texts(list(texts))) or texts
    tally, entries, left_out = Tally(), [], Counter[str]()
    for task in _tasks(records, texts):
        answered = [record for record in task if not _refused(record)]
        if not answered:
            left_out[_refused(task[0])] += 1
            continue
        votes = []
        for record in answered:
            chosen = label_cell(opened_cell(cell(record.get(label))))
            if chosen:
                final = cell(record.get("ground_truth")).casefold() == "true"
                votes.append(Vote(cell(record.get("annotator")), chosen, final))
        first = task[0]
        read = {name: cell(first.get(name)) for name in texts}
        decided, votes_note = tally.decide(votes, next(iter(read.values()), ""))
        roles, others = metadata_roles(
            {name: first[name] for name in _OURS if name in first}, id=first.get("id")
        )
        roles["note"] = "\n".join(filter(None, (roles.get("note", ""), votes_note)))
        entries.append(Entry(read, {label or "label": decided}, roles, others))
    source = file.provenance(_TITLE).noting(tally.notices()).leaving_out(left_out)
    return entries_table(entries, source, texts, label or "label")


def _tasks(records: Sequence[Record], texts: Sequence[str]) -> list[list[Record]]:
    """Annotations of one task together: by its id, and by its texts where it has none."""
    tasks: dict[object, list[Record]] = {}
    for record in records:
        key = cell(record.get("id")) or tuple(cell(record.get(name)) for name in texts)
        tasks.setdefault(key, []).append(record)
    return list(tasks.values())


def _label(records: Sequence[Record], free: list[str]) -> str:
    """By name, and else the column with the fewest distinct answers; what a model wrote only where there is no
    other."""
    human = [name for name in free if not is_model_output(name)]
    for names in (human, [name for name in free if name not in human]):
        named = take_label(names)
        if named or len(names) == 1:
            return named or ("" if names is human else names[0])
        take_texts(names)
        fewest = min(
            ((len({cell(record.get(name)) for record in records}), name) for name in names), default=None
        )
        if fewest and fewest[0] <= MAX_LABELS:
            return fewest[1]
    return ""


# ---- writing


def _write(dataset: Dataset) -> bytes:
    return json_list(
        {
            "data": {"text": row.text},
            "meta": metadata_of(row),
            "annotations": [
                {
                    "result": [
                        {
                            "from_name": "label",
                            "to_name": "text",
                            "type": "choices",
                            "value": {"choices": [row.label]},
                        }
                    ],
                    "was_cancelled": False,
                    "ground_truth": row.canonical,
                }
            ],
        }
        for row in dataset.examples
    )


LABEL_STUDIO = Format("label_studio", _TITLE, ("json",), "application/json", _recognises, _read, _write)
