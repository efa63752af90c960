"""MLflow: records of evaluation datasets ({"inputs", "expectations"}), tables of evaluation results, and traces
with their assessments. What a person or the dataset expects is the label; an output and a judge's word are a
model's."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.data.formats.format import Format, SourceFile
from core.data.formats.reading.answers import (
    ANSWERS,
    OUTPUTS,
    REFERENCES,
    SURE,
    Answered,
    answer_label,
    rating,
    reference_name,
    settled_labels,
)
from core.data.formats.reading.cell_values import read_python
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.json_text import Record, as_record
from core.data.formats.reading.messages import opened, values_by_path
from core.data.formats.reading.values import cell, single
from core.data.formats.reading.votes import Tally, Vote
from core.data.importing.column_names import plain, take_texts
from core.data.table import Table

_TITLE = "MLflow"
_SCORE = re.compile(r".+/(?:v\d+(?:/.+)?|value|score|rationale|justification|rating|error_message)")
_INPUTS = ("inputs", "request", "input", "questions", "question")
_ANSWERED = ("outputs", "response", *OUTPUTS)
_RATES = (
    "correct",
    "is_correct",
    "correctness",
    "response_is_correct",
    "rating",
    "thumbs",
    "quality",
    "is_right",
)
_IDS = ("dataset_record_id", "trace_id", "request_id", "id")
_NOT_LABELS = ("expected_facts", "guidelines", "expected_retrieved_context", "retrieved_context")


@dataclass(frozen=True, slots=True)
class _Trace:
    """A record in one shape, whichever of MLflow's it had."""

    id: str
    inputs: object
    outputs: object
    expectations: Mapping[str, object]
    assessments: Sequence[Record]
    metadata: Mapping[str, object]


def _recognises(file: SourceFile) -> bool:
    if file.columns:
        names = {column.strip() for column in file.columns}
        return ("inputs" in names and "expectations" in names) or {
            "request",
            "response",
            "assessments",
        } <= names
    records = file.records
    return bool(records) and (
        all(_is_trace(record) or "assessments" in record for record in records)
        or (
            any(isinstance(record.get("expectations"), Mapping) for record in records)
            and all("inputs" in record or "trace" in record for record in records)
        )
        or _is_result(records[0])
    )


def _is_trace(record: Record) -> bool:
    info, data = record.get("info"), record.get("data")
    return isinstance(info, Mapping) and (
        isinstance(data, Mapping) or "assessments" in info or "trace_id" in info
    )


def _is_result(record: Record) -> bool:
    """A row of a table of evaluation results: what went in and came out, and scores."""
    return (
        any(_SCORE.fullmatch(name) for name in record)
        and any(name in record for name in _INPUTS)
        and any(name in record for name in _ANSWERED)
    )


def _read(file: SourceFile) -> Table:
    """Several people's expectations are counted as annotators' answers are."""
    records = (
        [
            {name: _opened(value) for name, value in zip(file.columns, row, strict=True)}
            for row in file.table.rows
        ]
        if file.columns
        else file.records
    )
    traces, tally = [_trace(record) for record in records], Tally()
    texts = [_texts(trace.inputs) for trace in traces]
    answered, notes = [], []
    for trace, text in zip(traces, texts, strict=True):
        reference, note = _reference(trace, tally, next(iter(text.values()), ""))
        answered.append(Answered(reference, _output(trace), _rated(trace)))
        notes.append(note)
    labels, notices = settled_labels(answered, "outputs and judges of MLflow")
    entries = []
    for trace, text, label, note in zip(traces, texts, labels, notes, strict=True):
        roles, others = metadata_roles(trace.metadata, id=trace.id, note=note)
        entries.append(Entry(text, {"label": label}, roles, others))
    names = list(dict.fromkeys(name for text in texts for name in text))
    chosen = list(take_texts(list(names))) or names[:1]
    return entries_table(entries, file.provenance(_TITLE).noting([*tally.notices(), *notices]), chosen)


def _opened(value: str) -> object:
    """A cell as what MLflow's table had there: JSON, or an object as Python writes it."""
    inner = opened(value)
    if isinstance(inner, str) and inner[:1] in ("{", "["):
        try:
            return read_python(inner)
        except ValueError:
            return inner
    return inner


def _trace(record: Record) -> _Trace:
    held = as_record(opened(record.get("trace"))) or record
    info = as_record(held.get("info"))
    assessments = record.get("assessments", info.get("assessments"))
    expectations = dict(as_record(record.get("expectations")))
    for name in record:
        if name.partition("/")[0] in REFERENCES:
            expectations.setdefault(name, record[name])
    tags = as_record(info.get("tags", record.get("tags")))
    ids = (cell(each.get(key)) for each in (record, info) for key in _IDS)
    return _Trace(
        next(filter(None, ids), ""),
        _side(record, held, _INPUTS, "Inputs"),
        _side(record, held, _ANSWERED, "Outputs"),
        expectations,
        [each for each in assessments if isinstance(each, Mapping)] if isinstance(assessments, list) else [],
        {key: value for key, value in tags.items() if not key.startswith("mlflow.")},
    )


def _side(record: Record, held: Record, names: Sequence[str], kind: str) -> object:
    """What went in or came out: in the record, the trace's data, its first span, or what its head repeats."""
    data, info = as_record(held.get("data")), as_record(held.get("info"))
    there = (holder.get(name) for holder in (record, data) for name in names)
    spans = (
        value
        for span in _spans(data)
        for value in (as_record(span.get("attributes")).get("mlflow.span" + kind), span.get(kind.lower()))
    )
    head = (
        as_record(info.get(key)).get("mlflow.trace" + kind) for key in ("request_metadata", "trace_metadata")
    )
    preview = info.get("request_preview" if kind == "Inputs" else "response_preview")
    everything = itertools.chain(there, spans, head, [preview])
    return next((opened(value) for value in everything if value not in (None, "")), None)


def _spans(data: Record) -> Iterator[Record]:
    """The root first: the one without a parent."""
    spans = data.get("spans")
    found = [span for span in spans if isinstance(span, Mapping)] if isinstance(spans, list) else []
    yield from sorted(found, key=lambda span: bool(span.get("parent_id") or span.get("parent_span_id")))


def _texts(inputs: object) -> dict[str, str]:
    """By name; a conversation is what was asked last."""
    side = inputs if isinstance(inputs, Mapping) else {"inputs": inputs}
    return {
        name.removesuffix(".content") or "inputs": single(value)
        for name, value in values_by_path(side).items()
    }


def _reference(trace: _Trace, tally: Tally, text: str) -> tuple[str, str]:
    """What is right, and a note: people first, then the dataset, then what else is an expectation."""
    votes = [
        Vote(_who(each), _value(each)) for each in trace.assessments if _says_label(each) and _is_human(each)
    ]
    label, note = tally.decide([vote for vote in votes if vote.label], text)
    if label:
        return label, note or next(
            (cell(each.get("rationale")) for each in trace.assessments if _is_human(each)), ""
        )
    usable = {
        name.partition("/")[0]: value for name, value in trace.expectations.items() if name not in _NOT_LABELS
    }
    wanted = reference_name(usable, ANSWERS) or (next(iter(usable)) if len(usable) == 1 else "")
    if wanted and answer_label(usable[wanted]):
        return answer_label(usable[wanted]), ""
    return next(
        (
            _value(each)
            for each in trace.assessments
            if "expectation" in each and _says_label(each) and not _is_judge(each)
        ),
        "",
    ), ""


def _output(trace: _Trace) -> str:
    """A judge's label, which is the later word, or else the output."""
    judged = (_value(each) for each in trace.assessments if _says_label(each) and not _is_human(each))
    return next(filter(None, judged), "") or answer_label(trace.outputs)


def _rated(trace: _Trace) -> str:
    """Whether a person found the output right."""
    return next(
        (
            rating(_raw(each))
            for each in trace.assessments
            if _is_human(each) and "feedback" in each and plain(_name(each)) in _RATES and rating(_raw(each))
        ),
        "",
    )


def _says_label(assessment: Record) -> bool:
    """Whether an assessment that still holds names what is right."""
    if assessment.get("valid") is False or _name(assessment) in _NOT_LABELS:
        return False
    name = plain(_name(assessment))
    return "expectation" in assessment or (
        name in (*SURE, "category", "class", "intent") and name != "correct"
    )


def _name(assessment: Record) -> str:
    return cell(assessment.get("assessment_name", assessment.get("name")))


def _value(assessment: Record) -> str:
    return answer_label(_raw(assessment))


def _raw(assessment: Record) -> object:
    held = assessment.get("expectation", assessment.get("feedback"))
    if not isinstance(held, Mapping):
        return held if held is not None else assessment.get("value")
    serialized = held.get("serialized_value")
    return opened(serialized.get("value")) if isinstance(serialized, Mapping) else held.get("value")


def _source(assessment: Record, key: str) -> str:
    source = assessment.get("source")
    return cell(source.get(key)) if isinstance(source, Mapping) else ""


def _who(assessment: Record) -> str:
    return _source(assessment, "source_id")


def _is_human(assessment: Record) -> bool:
    return _source(assessment, "source_type").upper() == "HUMAN"


def _is_judge(assessment: Record) -> bool:
    return _source(assessment, "source_type").upper() in ("LLM_JUDGE", "AI_JUDGE")


MLFLOW = Format("mlflow", _TITLE, ("json", "jsonl"), "application/json", _recognises, _read)
