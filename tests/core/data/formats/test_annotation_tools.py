"""Exports of annotation tools: whose answer is the label, and what is no answer."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import pytest

from core.data.importing.mapping import ImportResult, import_dataset
from core.errors import DataError

TEXTS = ("refund please", "app crashes", "charged twice", "cannot log in", "wrong invoice")
LABELS = ("billing", "bug", "billing", "bug", "billing")
PAIRS = list(zip(TEXTS, LABELS, strict=True))


def lines(*records: object) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def table(records: Sequence[dict[str, object]]) -> bytes:
    """As pandas writes it: lists as Python writes them."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return file.getvalue().encode()


def imported(raw: bytes) -> ImportResult:
    return import_dataset(raw, "x", to_tune=False)


def pairs(raw: bytes) -> list[tuple[str, str]]:
    return [(row.text, row.label) for row in imported(raw).dataset.examples]


# ---- Prodigy


def prodigy(text: str, **fields: object) -> dict[str, object]:
    return {"text": text, "_input_hash": hash(text), "_task_hash": 1, "answer": "accept", **fields}


OPTIONS = [{"id": "billing", "text": "Billing!"}, {"id": "bug", "text": "Bug!"}]
NUMBERED = [{"id": 0, "text": "billing"}, {"id": 1, "text": "bug"}]


@pytest.mark.parametrize("form", [lambda tasks: lines(*tasks), table])
def test_prodigy_binary_keeps_what_was_accepted(form):
    tasks = [prodigy(text, label=label) for text, label in PAIRS]
    tasks += [
        prodigy("no bill", label="billing", answer="reject"),
        prodigy("hm", label="bug", answer="ignore"),
    ]
    result = imported(form(tasks))
    assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS
    assert dict(result.left_out) == {"rejected by the annotator": 1, "ignored by the annotator": 1}


@pytest.mark.parametrize("form", [lambda tasks: lines(*tasks), table])
def test_prodigy_choice_takes_ids_and_of_numbers_their_texts(form):
    tasks = [prodigy(text, options=OPTIONS, accept=[label]) for text, label in PAIRS]
    assert pairs(form(tasks)) == PAIRS
    numbered = [
        prodigy(text, options=NUMBERED, accept=[LABELS[1:3].index(label) ^ 1]) for text, label in PAIRS
    ]
    assert pairs(form(numbered)) == PAIRS


def test_prodigy_choice_without_a_choice_or_with_several():
    tasks = [prodigy(text, options=OPTIONS, accept=[label], answer="accept") for text, label in PAIRS]
    tasks += [
        prodigy("none", options=OPTIONS, accept=[]),
        prodigy("both", options=OPTIONS, accept=["bug", "billing"]),
        prodigy("neither", options=True, accept=[]),
    ]
    tasks += [prodigy("ignored", options=OPTIONS, accept=["bug"], answer="ignore")]
    assert dict(imported(lines(*tasks)).left_out) == {
        "ignored by the annotator": 1, "no label": 2, "several labels": 1,
    }  # fmt: skip


def test_prodigy_asks_about_one_text_several_times():
    tasks = [prodigy(text, label=label) for text, label in PAIRS]
    tasks += [prodigy("a", label="billing", answer="reject"), prodigy("a", label="bug")]
    tasks += [prodigy("b", label="billing"), prodigy("b", label="bug")]
    tasks += [prodigy("c", label="bug", _annotator_id=who) for who in ("anna", "ben")]
    tasks += [prodigy("c", label="billing", _annotator_id="eve")]
    result = imported(lines(*tasks))
    assert [(row.text, row.label) for row in result.dataset.examples] == [*PAIRS, ("a", "bug"), ("c", "bug")]
    assert result.left_out == {"several labels": 1}, "one person accepted both labels of b"
    assert "eve: billing" in result.dataset.examples[-1].note


def test_prodigy_cats_without_its_marks_are_heard_as_well():
    tasks = [{"text": text, "cats": {label: 1.0}, "answer": "accept"} for text, label in PAIRS]
    raw = lines(*tasks, {"text": "no", "cats": {"bug": 1.0}, "answer": "reject"})
    assert pairs(raw) == PAIRS


def test_prodigy_cats_and_marked_spans():
    tasks = [prodigy(text, cats={"billing": 0.0, "bug": 0.0, label: 1.0}) for text, label in PAIRS]
    assert pairs(lines(*tasks)) == PAIRS
    with pytest.raises(DataError, match="marks parts of texts"):
        imported(lines(*(prodigy(text, spans=[{"start": 0, "end": 2, "label": "X"}]) for text in TEXTS)))


# ---- Doccano


def test_doccano_lists_comments_and_approval():
    records = [
        {"id": n, "text": text, "label": [label], "Comments": []} for n, (text, label) in enumerate(PAIRS)
    ]
    more = [
        {"id": 8, "text": "x", "label": [], "Comments": []},
        {"id": 9, "text": "y", "label": ["bug", "billing"], "Comments": []},
    ]
    records[0]["Comments"] = ["sure"]
    result = imported(lines(*records, *more))
    assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS
    assert dict(result.left_out) == {"no label": 1, "several labels": 1}
    assert result.dataset.examples[0].note == "sure" and result.dataset.examples[1].id == "1"
    approved = [
        {"text": text, "labels": [label], "annotation_approver": "anna" if text in TEXTS[:3] else None}
        for text, label in PAIRS
    ]
    assert imported(lines(*approved)).left_out == {"not approved": 2}
    nobody = [{**record, "annotation_approver": None} for record in approved]
    assert not imported(lines(*nobody)).left_out


def test_doccano_annotations_with_numbers_and_several_users():
    records = [
        {"text": text, "annotations": [{"label": 7 + (label == "bug"), "user": 1}]} for text, label in PAIRS
    ]
    records[0]["annotations"] = [{"label": 8, "user": user} for user in (1, 2)] + [{"label": 7, "user": 3}]
    result = imported(lines(*records))
    assert [row.label for row in result.dataset.examples] == ["8", "8", "7", "8", "7"]
    assert "numbers that Doccano has" in " ".join(result.notices)


def test_doccano_csv_joins_labels_by_a_hash_sign():
    rows = [{"id": n, "text": text, "label": label, "Comments": ""} for n, (text, label) in enumerate(PAIRS)]
    rows.append({"id": 9, "text": "both", "label": "billing#bug", "Comments": "odd"})
    result = imported(table(rows))
    assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS
    assert result.left_out == {"several labels": 1}


def test_doccano_spans_are_no_labels():
    spans = [{"id": n, "text": text, "label": [[0, 3, "X"]], "Comments": []} for n, text in enumerate(TEXTS)]
    with pytest.raises(DataError, match="parts of texts and not whole texts"):
        imported(lines(*spans))


# ---- spaCy


@pytest.mark.parametrize(
    "form",
    [
        lambda text, cats: {"text": text, "cats": cats},
        lambda text, cats: [text, {"cats": cats}],
        lambda text, cats: {"text": text, "cats": {key: bool(value) for key, value in cats.items()}},
        lambda text, cats: {"id": 1, "paragraphs": [{"raw": text, "cats": [{"label": k, "value": v} for k, v in cats.items()]}]},
    ],
)  # fmt: skip
def test_spacy_cats_are_labels_from_one_half_on(form):
    rows = [form(text, {"billing": 0.0, "bug": 0.0, label: 1.0}) for text, label in PAIRS]
    rows += [form("both", {"billing": 1.0, "bug": 1.0}), form("none", {"billing": 0.0, "bug": 0.0})]
    for raw, name in ((lines(*rows), "x.jsonl"), (json.dumps(rows).encode(), "x.json")):
        result = import_dataset(raw, "x", source=name, to_tune=False)
        assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS
        assert dict(result.left_out) == {"several labels": 1, "no label": 1}


# ---- Label Studio


def task(text: str, *annotations: dict[str, object], **fields: object) -> dict[str, object]:
    return {"data": {"text": text}, "annotations": list(annotations), **fields}


def chosen(*labels: str, **fields: object) -> dict[str, object]:
    choices = {"from_name": "kind", "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}
    return {"result": [choices], **fields}


def test_label_studio_what_is_written_is_the_answer_where_nothing_is_chosen():
    def task(text: str, *results: dict) -> dict:
        return {"data": {"text": text}, "annotations": [{"completed_by": 1, "result": list(results)}]}

    def written(*parts: str) -> dict:
        return {"from_name": "answer", "type": "textarea", "value": {"text": list(parts)}}

    choice = {"from_name": "kind", "type": "choices", "value": {"choices": ["bug"]}}
    raw = json.dumps([task(TEXTS[0], written("WB-1")), task(TEXTS[1], written("WB-2", " "))]).encode()
    assert pairs(raw) == [(TEXTS[0], "WB-1"), (TEXTS[1], "WB-2")]
    raw = json.dumps(
        [task(TEXTS[0], choice, written("It crashes.")), task(TEXTS[1], written("Unsure"))]
    ).encode()
    (row,) = imported(raw).dataset.examples
    assert (row.label, row.note) == ("bug", "It crashes."), "beside a label it is a note"


def test_label_studio_hears_skips_reviews_and_predictions():
    tasks = [task(text, chosen(label), predictions=[chosen("bug")]) for text, label in PAIRS]
    tasks += [
        task("skipped", chosen("bug", was_cancelled=True)),
        task("reviewed", chosen("bug", reviews=[{"accepted": False}])),
        task("predicted", predictions=[chosen("bug")]),
        task("two", chosen("bug", "billing")),
        task("nobody"),
    ]
    result = imported(json.dumps(tasks).encode())
    assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS
    assert dict(result.left_out) == {
        "cancelled by the annotator": 1, "rejected by the reviewer": 1, "only predicted by a model": 1,
        "several labels": 1, "no label": 1,
    }  # fmt: skip


@pytest.mark.parametrize("form", [lambda rows: json.dumps(rows).encode(), table])
def test_label_studio_flat_exports_hear_skips_and_keep_predictions_out(form):
    def row(number: int, text: str, kind: object, skipped: bool = False) -> dict[str, object]:
        return {"id": number, "text": text, "predicted_label": "bug", "kind label": kind, "annotator": 1,
                "annotation_id": number, "was_cancelled": skipped}  # fmt: skip

    rows = [row(n, text, label) for n, (text, label) in enumerate(PAIRS)]
    rows += [row(8, "skipped", "bug", True), row(9, "both", {"choices": ["bug", "billing"]})]
    result = imported(form(rows))
    assert [(each.text, each.label) for each in result.dataset.examples] == PAIRS
    assert dict(result.left_out) == {"cancelled by the annotator": 1, "several labels": 1}


# ---- Argilla


def record(text: str, *responses: tuple[object, str], suggestion: str = "") -> dict[str, object]:
    return {
        "id": text,
        "fields": {"text": text},
        "responses": {"label": [{"value": value, "status": status} for value, status in responses]},
        "suggestions": {"label": {"value": suggestion, "agent": "gpt-5"}} if suggestion else {},
    }


def test_argilla_drafts_discards_and_suggestions_are_no_labels():
    records = [record(text, (label, "submitted"), suggestion="bug") for text, label in PAIRS]
    more = [
        record("draft", ("bug", "draft")),
        record("discarded", ("bug", "discarded"), suggestion="bug"),
        record("suggested", suggestion="bug"),
        record("both", (["bug", "billing"], "submitted")),
    ]
    result = imported(json.dumps([*records, *more]).encode())
    assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS
    assert dict(result.left_out) == {
        "only a draft": 1, "discarded by the annotator": 1, "only suggested by a model": 1, "several labels": 1,
    }  # fmt: skip


def test_argilla_suggestions_stand_in_only_where_nobody_answered_anything():
    result = imported(json.dumps([record(text, suggestion=label) for text, label in PAIRS]).encode())
    assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS
    assert "they are what a model suggested" in " ".join(result.notices)


def test_argilla_1_hears_discarded_records():
    records = [
        {"text": text, "annotation": label, "prediction": [["bug", 0.9]], "status": "Validated"}
        for text, label in PAIRS
    ]
    records += [{"text": "x", "annotation": "bug", "prediction": None, "status": "Discarded"}]
    records += [{"text": "y", "annotation": None, "prediction": [["bug", 0.9]], "status": "Default"}]
    result = imported(json.dumps(records).encode())
    assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS
    assert dict(result.left_out) == {"discarded by the annotator": 1, "no label": 1}


def test_argilla_in_a_csv_file_and_in_a_dataset_of_hugging_face_hears_discards_too():
    flat = [
        {"id": n, "text": text, "kind.responses": [label], "kind.responses.users": ["u"],
         "kind.responses.status": ["submitted" if n else "discarded"], "kind.suggestion": "bug"}
        for n, (text, label) in enumerate(PAIRS)
    ]  # fmt: skip
    result = imported(table(flat))
    assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS[1:]
    assert result.left_out == {"discarded by the annotator": 1}
    hub = [
        {"text": text, "label": [{"user_id": "u", "value": label, "status": "submitted" if n else "discarded"}],
         "label-suggestion": "bug"}
        for n, (text, label) in enumerate(PAIRS)
    ]  # fmt: skip
    for raw in (table(hub), lines(*hub)):
        assert pairs(raw) == PAIRS[1:]


def test_argilla_as_its_server_has_it():
    records = [
        {"fields": {"text": text}, "suggestions": [{"question_name": "kind", "value": "bug", "agent": "m"}],
         "responses": [{"values": {"kind": {"value": label}}, "status": "submitted", "user_id": "u"}]}
        for text, label in PAIRS
    ]  # fmt: skip
    records += [
        {"fields": {"text": "x"}, "suggestions": [], "responses": [{"values": None, "status": "discarded"}]}
    ]
    result = imported(json.dumps(records).encode())
    assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS
    assert result.left_out == {"discarded by the annotator": 1}


# ---- a column for each label


def test_a_column_for_each_label_is_one_of_labels():
    rows = [
        {"text": text, **{name: int(name == label) for name in ("bug", "billing", "idea")}}
        for text, label in PAIRS
    ]
    rows.append({"text": "both", "bug": 1, "billing": 1, "idea": 0})
    rows.append({"text": "spare", "bug": 0, "billing": 0, "idea": 1})
    result = imported(table(rows))
    assert [(row.text, row.label) for row in result.dataset.examples] == [*PAIRS, ("spare", "idea")]
    assert result.left_out == {"several labels": 1} and "marked with 1" in " ".join(result.notices)
    flags = [{"text": text, "spam": "01"[label == "bug"], "long": "1"} for text, label in PAIRS]
    assert imported(table(flags)).dataset.labels.names == ("0", "1"), (
        "what is not one of several stays as it is"
    )


# ---- JSON of no special kind


@pytest.mark.parametrize("parts", [("train", "validation", "test"), ("training", "dev", "unsupervised")])
@pytest.mark.parametrize(
    "form",
    [
        lambda text, label: [{"text": text, "label": label}],
        lambda text, label: {"text": [text], "label": [label]},
        lambda text, label: [[text, label]],
    ],
)
def test_json_by_parts_gives_splits(parts, form):
    raw = {part: form(text, label) for part, (text, label) in zip(parts, PAIRS, strict=False)}
    result = imported(json.dumps(raw).encode())
    assert [(row.text, row.label) for row in result.dataset.examples] == PAIRS[:3]
    last = "test" if parts[2] == "test" else ""
    assert [row.split for row in result.dataset.examples] == ["train", "validation", last]
    assert ("“unsupervised”" in " ".join(result.notices)) == (not last)


def test_json_label_objects_are_one_column():
    records = [{"text": text, "label": {"name": label, "color": "red"}} for text, label in PAIRS]
    assert pairs(lines(*records)) == PAIRS
