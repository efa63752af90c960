"""Argilla records: nested or flattened ones of Argilla 2, and those of Argilla 1. Annotators are kept apart,
discarded answers skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.data.fields import metadata_of
from core.data.formats.format import Format, SourceFile
from core.data.formats.json_records import json_list
from core.data.formats.reading.cell_values import opened_cell
from core.data.formats.reading.entries import Entry, Provenance, entries_table, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.messages import conversation, last_said
from core.data.formats.reading.values import cell, label_cell
from core.data.formats.reading.votes import Tally, Vote
from core.data.importing.annotation_status import DISCARDED, DRAFT, PENDING, SUGGESTED
from core.data.table import Table
from core.errors import DataError
from core.types import Dataset
from core.wording import counted

TITLE = "Argilla"
_AGENT = "Whetstone"
_RESPONSES, _SUGGESTION = ".responses", ".suggestion"
_NO_ANSWER = {"discarded": DISCARDED, "draft": DRAFT, "pending": PENDING}
_NO_FIELDS = tuple("id status _server_id external_id metadata vectors inserted_at updated_at score".split())
_AFTER = (
    _SUGGESTION,
    _SUGGESTION + ".score",
    _SUGGESTION + ".agent",
    _RESPONSES + ".users",
    _RESPONSES + ".status",
    _RESPONSES,
)


def _recognises(file: SourceFile) -> bool:
    records = file.records
    if file.columns:
        return is_flattened(file.columns)
    return bool(records) and (
        all(
            isinstance(record.get("fields"), Mapping) and record.keys() & {"responses", "suggestions"}
            for record in records
        )
        or any(is_flattened(record) for record in records)
        or all(
            "annotation" in record and record.keys() & {"text", "inputs"} and "prediction" in record
            for record in records
        )
    )


def is_flattened(columns: Iterable[str]) -> bool:
    """Whether names of columns are those of `records.to_list(flatten=True)`."""
    return any(
        cell(name).endswith((_RESPONSES, _SUGGESTION + ".agent", _SUGGESTION + ".score")) for name in columns
    )


def argilla_table(records: Sequence[Record], source: Provenance) -> Table:
    """What a model suggested is a label only in a file in which nobody answered anything, and a notice says so."""
    tally, entries, left_out, suggested = Tally(), list[Entry](), Counter[str](), 0
    read = [(nested, list(_questions(nested))) for nested in map(_nested, records)]
    answered = any(answers.votes or answers.refused for _, questions in read for answers in questions)
    for nested, questions in read:
        texts, note, labels = _texts(nested["fields"]), list[str](), dict[str, str]()
        for answers in questions:
            label, votes_note = tally.decide(answers.votes, next(iter(texts.values()), ""))
            note.append(votes_note)
            labels[answers.name] = label or answers.suggestion(answered)
            suggested += bool(labels[answers.name]) and not label and answers.agent != _AGENT
        reason = "" if any(labels.values()) else next(filter(None, (each.reason() for each in questions)), "")
        if reason:
            left_out[reason] += 1
            continue
        roles, others = metadata_roles(
            nested.get("metadata"),
            id=nested.get("external_id") or nested.get("id"),
            split=nested.get("split"),
        )
        roles["note"] = "\n".join(filter(None, (roles.get("note", ""), *note)))
        entries.append(Entry(texts, labels, roles, others))
    notices = tally.notices()
    if suggested:
        notices.append(
            f"{counted(suggested, 'label')} stand in for answers that nobody gave: they are what a model suggested."
        )
    if not entries and left_out:
        raise DataError(
            f"No record of the Argilla file can be used, as all are left out: {'; '.join(left_out)}."
        )
    return entries_table(entries, source.noting(notices).leaving_out(left_out))


def _write(dataset: Dataset) -> bytes:
    """Labels as suggestions: an answer would need a user of the server it is sent to."""
    return json_list(
        {
            "id": row.id,
            "fields": {"text": row.text},
            "metadata": {key: value for key, value in metadata_of(row).items() if key != "id"},
            "suggestions": {"label": {"value": row.label, "score": None, "agent": _AGENT}},
            "responses": {},
            "vectors": {},
        }
        for row in dataset.examples
    )


def _nested(record: Record) -> dict[str, Any]:
    if isinstance(record.get("fields"), Mapping):
        return {**record, **_of_server(record)}
    if "annotation" in record and "prediction" in record:  # Argilla 1, text classification
        inputs = (
            record.get("inputs")
            if isinstance(record.get("inputs"), Mapping)
            else {"text": record.get("text")}
        )
        answer = {"value": record["annotation"], "user_id": record.get("annotation_agent")}
        # Its records are Default, Validated or Discarded.
        discarded = cell(record.get("status")).casefold() == "discarded"
        answers = [{**answer, "status": "discarded"}] if discarded else [answer]
        return {
            "fields": inputs,
            "id": record.get("id"),
            "metadata": record.get("metadata"),
            "responses": {"label": answers},
            "suggestions": {},
        }
    return _unflattened(record)


def _of_server(record: Record) -> dict[str, Any]:
    """Responses and suggestions by question, where they stand in lists, as the server has them."""
    by_question: dict[str, dict[str, Any]] = {"responses": {}, "suggestions": {}}
    for response in _items(record.get("responses")):
        if isinstance(response, Mapping):
            about = {"status": response.get("status"), "user_id": response.get("user_id")}
            for name, answer in (_mapping(response.get("values")) or {"": {}}).items():
                given = _mapping(answer).get("value")
                by_question["responses"].setdefault(name, []).append({"value": given, **about})
    for suggestion in _items(record.get("suggestions")):
        if isinstance(suggestion, Mapping):
            by_question["suggestions"][cell(suggestion.get("question_name"))] = suggestion
    return {key: value for key, value in by_question.items() if isinstance(record.get(key), list)}


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _unflattened(record: Record) -> dict[str, Any]:
    nested: dict[str, Any] = {
        "fields": {},
        "responses": {},
        "suggestions": {},
        "metadata": record.get("metadata"),
        "id": record.get("id"),
        "external_id": record.get("external_id"),
    }
    record = {key: opened_cell(value) if isinstance(value, str) else value for key, value in record.items()}
    names = {key.removesuffix(end) for key in record for end in _AFTER if key.endswith(end)}
    for name in names:
        answers, users, states = (
            _listed(record.get(name + _RESPONSES + end)) for end in ("", ".users", ".status")
        )
        nested["responses"][name] = [
            {
                "value": value,
                "user_id": users[at] if at < len(users) else None,
                "status": states[at] if at < len(states) else None,
            }
            for at, value in enumerate(answers)
        ]
        suggestion = {
            "value": record.get(name + _SUGGESTION),
            "agent": record.get(name + _SUGGESTION + ".agent"),
        }
        nested["suggestions"] |= {name: suggestion} if suggestion["value"] not in (None, "") else {}
    taken = {name + end for name in names for end in _AFTER}
    nested["fields"] = {
        key: value for key, value in record.items() if key not in taken and key not in _NO_FIELDS
    }
    return nested


@dataclass(frozen=True, slots=True)
class _Answers:
    """To one question: what people answered, why answers of others are none, what was suggested, and by whom."""

    name: str
    votes: list[Vote]
    refused: list[str]
    suggested: str
    agent: str

    def suggestion(self, answered: bool) -> str:
        """As a label: ours is one, unless a person thought otherwise; a model's only where nobody `answered`."""
        return "" if self.refused or (answered and self.agent != _AGENT) else self.suggested

    def reason(self) -> str:
        """Why there is no label."""
        return self.refused[0] if self.refused else SUGGESTED if self.suggested else ""


def _questions(nested: Record) -> Iterator[_Answers]:
    responses, suggestions = _mapping(nested.get("responses")), _mapping(nested.get("suggestions"))
    for name in dict.fromkeys([*responses, *suggestions]):
        given = responses.get(name)
        votes, refused = list[Vote](), list[str]()
        for answer in given if isinstance(given, list) else []:
            if not isinstance(answer, Mapping):
                continue
            reason = _NO_ANSWER.get(cell(answer.get("status")).casefold(), "")
            label = label_cell(answer.get("value"))
            if reason:
                refused.append(reason)
            elif label:
                votes.append(Vote(cell(answer.get("user_id")), label))
        suggestion = suggestions.get(name)
        if not isinstance(suggestion, Mapping):
            suggestion = {"value": suggestion}
        suggested = label_cell(suggestion.get("value"))
        yield _Answers(cell(name), votes, refused, suggested, cell(suggestion.get("agent")))


def _texts(fields: Mapping[str, object]) -> dict[str, str]:
    return {
        cell(name): last_said(conversation(value)) if conversation(value) else cell(value)
        for name, value in fields.items()
    }


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _rows(file: SourceFile) -> list[Record]:
    return [dict(zip(file.columns, row, strict=True)) for row in file.table.rows]


ARGILLA = Format(
    "argilla",
    TITLE,
    ("json",),
    "application/json",
    _recognises,
    lambda file: argilla_table(file.records or _rows(file), file.provenance(TITLE)),
    _write,
)
