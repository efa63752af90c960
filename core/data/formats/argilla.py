"""Argilla records: nested or flattened ones of Argilla 2, and those of Argilla 1. Annotators are kept apart,
discarded answers skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from core.data.formats.entries import Entry, Source, table_of, told_by
from core.data.formats.json_text import Record
from core.data.formats.openai_chat import is_talk, question
from core.data.formats.values import cell, one
from core.data.formats.votes import Tally, Vote
from core.data.table import Table
from core.types import Dataset, Example
from core.wording import counted

FORMAT = "Argilla"
_OURS = "Whetstone"
_RESPONSES, _SUGGESTION = ".responses", ".suggestion"
_NO_FIELDS = (
    "id",
    "status",
    "_server_id",
    "external_id",
    "metadata",
    "vectors",
    "inserted_at",
    "updated_at",
    "score",
)
_AFTER = (
    _SUGGESTION,
    _SUGGESTION + ".score",
    _SUGGESTION + ".agent",
    _RESPONSES + ".users",
    _RESPONSES + ".status",
    _RESPONSES,
)


def recognises(records: Sequence[Record]) -> bool:
    return (
        all(
            isinstance(record.get("fields"), Mapping) and record.keys() & {"responses", "suggestions"}
            for record in records
        )
        or (any(is_flat(record) for record in records))
        or all(
            "annotation" in record and record.keys() & {"text", "inputs"} and "prediction" in record
            for record in records
        )
    )


def is_flat(columns: object) -> bool:
    """Whether names of columns are those of `records.to_list(flatten=True)`."""
    return any(
        cell(name).endswith((_RESPONSES, _SUGGESTION + ".agent", _SUGGESTION + ".score")) for name in columns
    )


def read(records: Sequence[Record], source: Source) -> Table:
    """Where nobody answered, the label is what was suggested, and a notice says so."""
    tally, entries, suggested = Tally(), [], 0
    for record in records:
        nested = _nested(record)
        texts, note, labels = _texts(nested["fields"]), [], {}
        for name, (votes, suggestion, agent) in _questions(nested):
            label, said = tally.decide(votes, next(iter(texts.values()), ""))
            note += [said] if said else []
            labels[name] = label or suggestion
            suggested += bool(suggestion) and not label and agent != _OURS
        roles, others = told_by(nested.get("metadata"), id=record.get("external_id") or record.get("id"))
        roles["note"] = "\n".join(filter(None, (roles.get("note", ""), *note)))
        entries.append(Entry(texts, labels, roles, others))
    notices = [*source.notices, *tally.notices()]
    if suggested:
        notices.append(
            f"{counted(suggested, 'label')} stand in for answers that nobody gave: they are what a model suggested."
        )
    return table_of(entries, Source(FORMAT, source.encoding, notices))


def records_of(dataset: Dataset, metadata_of: Callable[[Example], dict]) -> list[dict]:
    """Labels as suggestions: an answer would need a user of the server it is sent to."""
    return [
        {
            "id": row.id,
            "fields": {"text": row.text},
            "metadata": {key: told for key, told in metadata_of(row).items() if key != "id"},
            "suggestions": {"label": {"value": row.label, "score": None, "agent": _OURS}},
            "responses": {},
            "vectors": {},
        }
        for row in dataset.examples
    ]


def _nested(record: Record) -> dict:
    if isinstance(record.get("fields"), Mapping):
        return dict(record)
    if "annotation" in record and "prediction" in record:  # Argilla 1, text classification
        inputs = (
            record.get("inputs")
            if isinstance(record.get("inputs"), Mapping)
            else {"text": record.get("text")}
        )
        answers = (
            [{"value": record["annotation"], "user_id": record.get("annotation_agent")}]
            if record["annotation"] is not None
            else []
        )
        return {
            "fields": inputs,
            "metadata": record.get("metadata"),
            "responses": {"label": answers},
            "suggestions": {},
        }
    return _unflattened(record)


def _unflattened(record: Record) -> dict:
    nested: dict = {"fields": {}, "responses": {}, "suggestions": {}, "metadata": record.get("metadata")}
    names = {key.removesuffix(end) for key in record for end in _AFTER if key.endswith(end)}
    for name in names:
        answers = record.get(name + _RESPONSES) or []
        users, states = (
            record.get(name + _RESPONSES + ".users") or [],
            record.get(name + _RESPONSES + ".status") or [],
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
        nested["suggestions"] |= {name: suggestion} if suggestion["value"] is not None else {}
    taken = {name + end for name in names for end in _AFTER}
    nested["fields"] = {
        key: value for key, value in record.items() if key not in taken and key not in _NO_FIELDS
    }
    return nested


def _questions(nested: dict) -> Iterator[tuple[str, tuple[list[Vote], str, str]]]:
    """By question: what people answered, what was suggested, and by whom."""
    responses, suggestions = (
        nested.get(key) if isinstance(nested.get(key), Mapping) else {}
        for key in ("responses", "suggestions")
    )
    for name in dict.fromkeys([*responses, *suggestions]):
        answers = responses.get(name)
        votes = [
            Vote(cell(answer.get("user_id")), one(answer.get("value")))
            for answer in (answers if isinstance(answers, list) else [])
            if isinstance(answer, Mapping)
            and answer.get("status") != "discarded"
            and one(answer.get("value"))
        ]
        suggestion = suggestions.get(name)
        if not isinstance(suggestion, Mapping):
            suggestion = {"value": suggestion}
        yield cell(name), (votes, one(suggestion.get("value")), cell(suggestion.get("agent")))


def _texts(fields: Mapping[str, object]) -> dict[str, str]:
    return {cell(name): question(value) if is_talk(value) else cell(value) for name, value in fields.items()}
