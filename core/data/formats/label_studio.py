"""Label Studio: tasks with annotations (JSON), and the flat exports with a row per annotation (JSON-MIN,
CSV)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.data.formats.entries import Entry, Source, table_of, told_by
from core.data.formats.flat import leaves
from core.data.formats.json_text import Record
from core.data.formats.label_studio_flat import is_flat, read_flat
from core.data.formats.openai_chat import is_talk, question
from core.data.formats.values import cell
from core.data.formats.votes import Tally, Vote
from core.data.table import Table
from core.errors import DataError
from core.types import Dataset, Example
from core.wording import counted

FORMAT = "Label Studio"
_ANSWERS = ("annotations", "completions")


@dataclass(slots=True)
class _Left:
    """What was left out, counted."""

    cancelled: int = 0
    several: int = 0
    predicted: int = 0


@dataclass(slots=True)
class _Answers:
    """Of one task: votes by question, and what annotators wrote besides."""

    votes: dict[str, list[Vote]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def recognises(records: Sequence[Record]) -> bool:
    tasks = all(
        isinstance(record.get("data"), Mapping) and record.keys() & {*_ANSWERS, "predictions"}
        for record in records
    )
    return tasks or all(is_flat(record) for record in records)


def read(records: Sequence[Record], source: Source) -> Table:
    """Cancelled annotations and the predictions of models are no labels. DataError where nothing else is
    there."""
    if is_flat(records[0]):
        return read_flat(records, source)
    left, tally, entries = _Left(), Tally(), []
    for task in records:
        texts, answers = _texts(task["data"]), _answers(task, left)
        notes, labels = list(answers.remarks), {}
        for name, votes in answers.votes.items():
            labels[name], said = tally.decide(votes, next(iter(texts.values()), ""))
            notes += [said] if said else []
        roles, others = told_by(task.get("meta"), id=task.get("id"))
        roles["note"] = "\n".join(filter(None, (roles.get("note", ""), *notes)))
        entries.append(Entry(texts, labels, roles, others))
    if not any(entry.labels for entry in entries):
        raise DataError(
            "No task in the file has an annotation that chooses a label: annotate some in Label Studio, and export those."
        )
    return table_of(
        entries, Source(FORMAT, source.encoding, [*source.notices, *_told(left), *tally.notices()])
    )


def records_of(dataset: Dataset, metadata_of: Callable[[Example], dict]) -> list[dict]:
    return [
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
    ]


def _answers(task: Record, left: _Left) -> _Answers:
    found = _Answers()
    given = next((task[key] for key in _ANSWERS if isinstance(task.get(key), list)), [])
    for annotation in given:
        if not isinstance(annotation, Mapping):
            continue
        if annotation.get("was_cancelled") is True:
            left.cancelled += 1
            continue
        results = annotation.get("result")
        for result in results if isinstance(results, list) else []:
            if isinstance(result, Mapping):
                _take(result, annotation, found, left)
    if not found.votes and task.get("predictions"):
        left.predicted += 1
    return found


def _take(result: Mapping, annotation: Mapping, found: _Answers, left: _Left) -> None:
    value = result.get("value") if isinstance(result.get("value"), Mapping) else {}
    if result.get("type") == "textarea":
        texts = value.get("text")
        found.remarks += [
            cell(each) for each in (texts if isinstance(texts, list) else [texts]) if cell(each).strip()
        ]
        return
    chosen = _chosen(value)
    if len(chosen) > 1:
        left.several += 1
    elif chosen:
        vote = Vote(_who(annotation.get("completed_by")), chosen[0], annotation.get("ground_truth") is True)
        found.votes.setdefault(cell(result.get("from_name")) or "label", []).append(vote)


def _chosen(value: Mapping) -> list[str]:
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
        ".".join(path): question(value) if is_talk(value) else cell(value) for path, value in leaves(data)
    }


def _told(left: _Left) -> list[str]:
    told = []
    if left.cancelled:
        told.append(
            f"{counted(left.cancelled, 'annotation')} that had been cancelled {'was' if left.cancelled == 1 else 'were'} left out."
        )
    if left.several:
        told.append(
            f"{counted(left.several, 'annotation')} chose several labels at once and cannot be used: a row has one label here."
        )
    if left.predicted:
        told.append(f"{counted(left.predicted, 'task')} had only predictions of models, which are no labels.")
    return told
