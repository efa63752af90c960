"""Files of every shape that is known, small and as their makers write them."""

from __future__ import annotations

import json

import pytest

from core.data.formats.registry import open_file
from core.data.importing.mapping import import_dataset
from core.errors import DataError
from core.types import Example

TEXTS = ("The page crashes", "Docs say 3.10", "Add dark mode", "The guide has a typo")
LABELS = ("bug", "documentation", "bug", "documentation")


def lines(records: list[dict]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def chat(text: str, label: str) -> dict:
    talk = [("system", "Classify the issue."), ("user", text), ("assistant", label)]
    return {"messages": [{"role": role, "content": content} for role, content in talk]}


def task(text: str, label: str) -> dict:
    chosen = [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [label]}}]
    other = [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["nonsense"]}}]
    return {
        "data": {"text": text},
        "annotations": [
            {"result": other, "was_cancelled": True, "completed_by": 2},
            {"result": chosen, "was_cancelled": False, "completed_by": 1},
        ],
    }


PAIRS = list(zip(TEXTS, LABELS, strict=True))
FILES = {
    "JSON lines": lines([{"text": text, "label": label} for text, label in PAIRS]),
    "JSON": json.dumps([{"text": text, "label": label} for text, label in PAIRS]).encode(),
    "OpenAI chat": lines([chat(*pair) for pair in PAIRS]),
    "OpenAI Evals": lines([{"item": {"text": text, "label": label}} for text, label in PAIRS]),
    "LangSmith": lines(
        [
            {"id": str(n), "inputs": {"text": pair[0]}, "outputs": {"label": pair[1]}}
            for n, pair in enumerate(PAIRS)
        ]
    ),
    "Label Studio": json.dumps([{"id": n} | task(*pair) for n, pair in enumerate(PAIRS)]).encode(),
    "Argilla": json.dumps(
        [
            {
                "id": str(n),
                "fields": {"text": text},
                "responses": {"label": [{"value": label, "user_id": "a"}]},
            }
            for n, (text, label) in enumerate(PAIRS)
        ]
    ).encode(),
    "CSV": "\n".join(["text,label", *(f"{text},{label}" for text, label in PAIRS)]).encode(),
}


def pairs(rows: tuple[Example, ...]) -> list[tuple[str, str]]:
    return [(row.text, row.label) for row in rows]


@pytest.mark.parametrize("format", FILES)
def test_a_shape_that_is_known_needs_no_mapping(format: str):
    assert open_file(FILES[format]).format == format
    dataset = import_dataset(FILES[format], "x", to_tune=False).dataset
    assert pairs(dataset.examples) == PAIRS


def test_flat_exports_of_langsmith_and_label_studio_are_known():
    langsmith = "\n".join(["input_text,output_label", *(f"{text},{label}" for text, label in PAIRS)]).encode()
    studio = "\n".join(
        ["annotation_id,annotator,text,label", *(f"{n},1,{a},{b}" for n, (a, b) in enumerate(PAIRS))]
    ).encode()
    for raw, format in ((langsmith, "LangSmith"), (studio, "Label Studio")):
        assert open_file(raw).format == format
        assert pairs(import_dataset(raw, "x", to_tune=False).dataset.examples) == PAIRS


def test_annotators_who_disagree_are_kept_apart_and_told():
    tasks = []
    for text, votes in zip(
        TEXTS, (("bug", "bug", "idea"), ("bug",), ("idea",), ("idea", "idea")), strict=True
    ):
        annotations = [
            {"result": [{"type": "choices", "value": {"choices": [vote]}}], "completed_by": n}
            for n, vote in enumerate(votes)
        ]
        tasks.append({"data": {"text": text}, "annotations": annotations})
    result = import_dataset(json.dumps(tasks).encode(), "x", to_tune=False)
    dataset, notices = result.dataset, result.notices
    assert [row.label for row in dataset.examples] == ["bug", "bug", "idea", "idea"]
    assert "idea" in dataset.examples[0].note and any("disagree" in notice for notice in notices)


@pytest.mark.parametrize(
    "content",
    [b'{"text": "a", "label": }', b"[1, 2]", b"[[1, 2], [3]]", b"[{}, {}]", b'[{"text": "a"', b"[" * 100_000],
)
def test_json_that_holds_no_rows_gets_one_sentence(content: bytes):
    with pytest.raises(DataError) as refused:
        import_dataset(content, "x")
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400


def test_what_only_begins_like_json_is_still_a_csv_file():
    raw = b'text,label\n{"a": 1},bug\n[x],idea\n'
    assert open_file(raw).format == "CSV" and open_file(b"[text],[label]\na,b\nc,d\n").format == "CSV"
