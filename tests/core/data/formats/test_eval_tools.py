"""Datasets, experiments and traces of LangSmith and MLflow, and rows as Hugging Face's viewer gives them."""

from __future__ import annotations

import json

import pytest

from core.data.formats.registry import open_file
from core.data.importing.mapping import import_dataset
from core.errors import DataError
from tests.core.data.formats.rows import LABELS, PAIRS, TEXTS, chat, document, lines, notices, pairs, table

BUGS = [pair for pair in PAIRS if pair[1] == "bug"]


def said(kind: str, text: str) -> dict:
    return {"type": kind, "data": {"content": text, "additional_kwargs": {}}}


def built(kind: str, text: str) -> dict:
    path = ["langchain", "schema", "messages", kind]
    return {"lc": 1, "type": "constructor", "id": path, "kwargs": {"content": text}}


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (lambda text: {"question": text}, lambda label: {"answer": label}),
        (lambda text: {"question": text}, lambda label: {"output": {"reason": "so", "label": label}}),
        (lambda text: {"question": text}, lambda label: {"reason": "so", "category": label}),
        (
            lambda text: {"messages": chat(text)},
            lambda label: {"message": {"role": "assistant", "content": label}},
        ),
        (lambda text: {"messages": chat(text)}, lambda label: {"messages": chat("x", label)}),
        (
            lambda text: {"messages": chat(text)},
            lambda label: {"choices": [{"message": chat("x", label)[2]}]},
        ),
        (lambda text: {"messages": chat(text)}, lambda label: {"output": json.dumps({"label": label})}),
        (
            lambda text: {"input": [said("system", "s"), said("human", text)]},
            lambda label: {"output": said("ai", label)},
        ),
        (
            lambda text: {"messages": [[built("SystemMessage", "s"), built("HumanMessage", text)]]},
            lambda label: {"generations": [[{"text": label, "message": built("AIMessage", label)}]]},
        ),
    ],
)
def test_langsmith_examples_in_all_their_shapes(inputs, outputs):
    splits = [{"dataset_split": [part, "mine"]} for part in ("train", "train", "train", "validation")]
    examples = [
        {"inputs": inputs(text), "outputs": outputs(label), "metadata": metadata}
        for (text, label), metadata in zip(PAIRS, splits, strict=True)
    ]
    cells = table(
        ["id", "inputs", "outputs", "metadata"],
        [[n, *(json.dumps(each) for each in example.values())] for n, example in enumerate(examples)],
    )
    for raw in (lines(examples), cells):
        assert open_file(raw).format == "LangSmith" and pairs(raw) == PAIRS
        assert {row.split for row in import_dataset(raw, "x").dataset.examples} == {"train", "validation"}


def test_another_tools_file_of_one_part_is_divided_anew():
    examples = [
        {"inputs": {"text": text}, "outputs": {"label": label}, "metadata": {"dataset_split": ["train"]}}
        for text, label in PAIRS
    ]
    result = import_dataset(lines(examples), "x")
    assert {row.split for row in result.dataset.examples} == {""} and "divided anew" in "\n".join(
        result.notices
    )


def test_in_langsmiths_experiments_outputs_are_the_models():
    experiment = [
        {"inputs": {"question": text}, "outputs": {"label": "bug"}, "reference_outputs": {"label": label}}
        for text, label in PAIRS
    ]
    frame = table(
        ["", "inputs.question", "outputs.answer", "reference.answer", "feedback.correct", "id"],
        [[n, text, "bug", label, 0, f"r{n}"] for n, (text, label) in enumerate(PAIRS)],
    )
    for raw in (lines(experiment), frame):
        assert pairs(raw) == PAIRS and "2 of them different" in notices(raw)
    traces = [
        {"run_type": "llm", "inputs": {"messages": chat(text)}, "outputs": {"message": chat("x", label)[2]}}
        for text, label in PAIRS
    ]
    assert pairs(lines(traces)) == PAIRS and "what a model answered" in notices(lines(traces))


# ---- MLflow


def assessment(kind: str, name: str, value: object, source: str, **more: object) -> dict:
    return {
        "assessment_name": name,
        kind: {"value": value},
        "source": {"source_type": source, "source_id": source},
        **more,
    }


def trace(text: str, *assessments: dict) -> dict:
    root = {"mlflow.spanInputs": json.dumps({"text": text}), "mlflow.spanOutputs": '"bug"'}
    spans = [{"parent_id": "1", "attributes": {"mlflow.spanInputs": '"inner"'}}, {"attributes": root}]
    return {
        "info": {"trace_id": "tr-" + text[:3], "assessments": list(assessments)},
        "data": {"spans": spans},
    }


@pytest.mark.parametrize(
    "record",
    [
        lambda text, label: {"inputs": {"question": text}, "expectations": {"expected_response": label}},
        lambda text, label: {
            "inputs": {"messages": chat(text)},
            "expectations": {"label": label, "guidelines": ["be polite"]},
            "outputs": {"response": "bug"},
        },
        lambda text, label: {
            "trace_id": text[:3],
            "request": json.dumps({"messages": chat(text)}),
            "response": "bug",
            "assessments": [assessment("expectation", "expected_response", label, "HUMAN")],
        },
        lambda text, label: trace(
            text,
            assessment("feedback", "label", "bug", "LLM_JUDGE"),
            assessment("feedback", "label", "idea", "HUMAN", valid=False),
            assessment("feedback", "label", label, "HUMAN"),
        ),
    ],
)
def test_in_mlflow_people_and_expectations_come_before_outputs_and_judges(record):
    raw = lines([record(text, label) for text, label in PAIRS])
    assert open_file(raw).format == "MLflow" and pairs(raw) == PAIRS


def test_mlflows_tables_and_python_cells_are_read():
    columns = ["inputs", "ground_truth", "outputs", "toxicity/v1/score"]
    rows = [[text, label, "bug", 0.1] for text, label in PAIRS]
    assert pairs(document({"columns": columns, "data": rows})) == PAIRS
    cells = [[str({"question": text}), str({"expected_response": label})] for text, label in PAIRS]
    assert pairs(table(["inputs", "expectations"], cells)) == PAIRS


def test_a_judge_alone_is_told_and_a_persons_verdict_counts():
    judged = lines(
        [trace(text, assessment("feedback", "label", label, "LLM_JUDGE")) for text, label in PAIRS]
    )
    assert pairs(judged) == PAIRS and "checked by nobody" in notices(judged)
    rated = lines(
        [trace(text, assessment("feedback", "correctness", label == "bug", "HUMAN")) for text, label in PAIRS]
    )
    assert pairs(rated) == BUGS and "2 rows rated bad" in notices(rated)


# ---- Hugging Face's viewer

NUMBERS = [["billing", "bug"].index(label) for label in LABELS]
CLASS = {"names": ["billing", "bug"], "_type": "ClassLabel"}
TEXT = {"feature_idx": 0, "name": "text", "type": {"dtype": "string", "_type": "Value"}}


def page(labels: list, feature: object = CLASS, texts: tuple = TEXTS, **more: object) -> dict:
    rows = [
        {"row_idx": n, "row": {"text": text, "label": label}, "truncated_cells": []}
        for n, (text, label) in enumerate(zip(texts, labels, strict=True))
    ]
    return {"features": [TEXT, {"feature_idx": 1, "name": "label", "type": feature}], "rows": rows, **more}


def test_numbers_of_the_viewer_become_names_wherever_they_stand():
    sequence = {"feature": CLASS, "length": -1, "_type": "Sequence"}
    assert pairs(document(page(NUMBERS, num_rows_total=90))) == PAIRS
    assert "4 of the dataset's 90 rows" in notices(document(page(NUMBERS, num_rows_total=90)))
    for feature in (sequence, {"feature": CLASS, "_type": "List"}, [CLASS]):
        assert pairs(document(page([[n] for n in NUMBERS], feature))) == PAIRS
    assert pairs(document(page([{"name": n} for n in NUMBERS], {"name": CLASS}))) == PAIRS
    assert (
        pairs(
            document(
                page([[{"name": n, "score": 1}] for n in NUMBERS], [{"name": CLASS, "score": TEXT["type"]}])
            )
        )
        == PAIRS
    )
    several = import_dataset(document(page([[0, 1], [1], [0], [1]], sequence)), "x", to_tune=False)
    assert several.left_out == {"several labels": 1}


def test_pages_of_several_splits_keep_them_and_what_was_cut_off_is_told():
    pages = [
        page([number], texts=(text,), split=split)
        for text, number, split in zip(TEXTS, NUMBERS, ("train", "train", "test", "validation"), strict=True)
    ]
    dataset = import_dataset(lines(pages), "x", to_tune=False).dataset
    assert [row.split for row in dataset.examples] == ["train", "train", "test", "validation"]
    cut = page([0, 1, 0, -1], partial=True)
    cut["rows"][0]["truncated_cells"], cut["rows"][1]["truncated_cells"] = ["text"], ["label"]
    result = import_dataset(document(cut), "x", to_tune=False)
    assert result.left_out == {"no label": 2} and "cut off by the viewer" in "\n".join(result.notices)
    with pytest.raises(DataError, match="without rows"):
        open_file(document({**cut, "rows": []}))
