"""OpenAI's shapes: lines for fine-tuning, logs of calls, evals and their output items, exports of its hosted datasets.
A right answer is the label wherever there is one; a model's word is it only where nobody said more."""

from __future__ import annotations

import io
import json

import pyarrow
import pyarrow.parquet
import pytest

from core.data.formats.registry import open_file
from core.data.importing.mapping import import_dataset
from core.errors import DataError
from tests.core.data.formats.rows import LABELS, PAIRS, TEXTS, chat, document, lines, notices, pairs, table

CALL = {"role": "assistant", "content": None}
BUGS = [pair for pair in PAIRS if pair[1] == "bug"]


def called(label: str) -> dict:
    arguments = json.dumps({"label": label})
    return CALL | {"tool_calls": [{"type": "function", "function": {"name": "f", "arguments": arguments}}]}


@pytest.mark.parametrize(
    "line",
    [
        lambda text, label: {"messages": chat(text), "reference_answer": label},
        lambda text, label: {"messages": chat(text), "reference_answer": {"label": label}},
        lambda text, label: {"messages": chat(text), "label": [label]},
        lambda text, label: {"messages": chat(text), "kind": label},
        lambda text, label: {"messages": chat(text, "bug"), "ground_truth": label},
        lambda text, label: {"messages": chat(text, label)},
        lambda text, label: {"messages": chat(text, json.dumps({"reason": "so", "category": label}))},
        lambda text, label: {"messages": [*chat(text), called(label)]},
        lambda text, label: {
            "messages": [*chat(text, label), {"role": "assistant", "content": "no", "weight": 0}]
        },
        lambda text, label: {
            "input": {"messages": chat(text), "tools": []},
            "preferred_output": [{"role": "assistant", "content": label}],
            "non_preferred_output": [{"role": "assistant", "content": "x"}],
        },
        lambda text, label: {
            "conversations": [{"from": "human", "value": text}, {"from": "gpt", "value": label}]
        },
        lambda text, label: {"prompt": chat(text), "completion": [chat("x", label)[2]]},
        lambda text, label: {"input": chat(text), "output": label},
        lambda text, label: {"chosen": chat(text, label), "rejected": chat(text, "x")},
        lambda text, label: {
            "contents": [
                {"role": "user", "parts": [{"text": text}]},
                {"role": "model", "parts": [{"text": label}]},
            ]
        },
    ],
)
def test_a_line_for_fine_tuning_has_the_answer_or_the_reference_beside_it(line):
    raw = lines([line(text, label) for text, label in PAIRS])
    assert open_file(raw).format == "OpenAI chat" and pairs(raw) == PAIRS


def test_conversations_without_answers_are_texts_and_their_refusal_says_what_is_missing():
    raw = lines([{"messages": chat(text)} for text in TEXTS])
    assert [row[0] for row in open_file(raw).rows] == list(TEXTS)
    with pytest.raises(DataError, match="a right answer beside it"):
        pairs(raw)


def test_answers_that_are_objects_without_a_label_are_taken_whole_for_a_scorer():
    said = [json.dumps({"order": number, "kind": "refund"}) for number, _ in enumerate(TEXTS)]
    raw = lines([{"messages": chat(text, answer)} for text, answer in zip(TEXTS, said, strict=True)])
    assert [row[:2] for row in open_file(raw).rows] == list(zip(TEXTS, said, strict=True))
    raw = lines([{"messages": chat(TEXTS[0], said[0])}, {"messages": chat(TEXTS[1], "bug")}])
    assert [row[1] for row in open_file(raw).rows] == ["", "bug"], "where others have a label it is none"


def test_conversations_in_parquet_are_read_as_such():
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([{"messages": chat(*pair)} for pair in PAIRS]), out)
    assert open_file(out.getvalue()).format == "Parquet, OpenAI chat" and pairs(out.getvalue()) == PAIRS


def test_what_fine_tuning_leaves_out_and_long_preferred_answers_are_no_labels():
    weights = [{**chat("x", label)[2], "weight": int(label == "bug")} for label in LABELS]
    raw = lines([{"messages": [*chat(text), each]} for text, each in zip(TEXTS, weights, strict=True)])
    assert pairs(raw) == BUGS and "weight 0" in notices(raw)
    preferred = [
        {
            "input": {"messages": chat(text)},
            "preferred_output": chat(text, label * (1 if label == "bug" else 60)),
        }
        for text, label in PAIRS
    ]
    assert pairs(lines(preferred)) == BUGS and "too long for a label" in notices(lines(preferred))


def completion(text: str, label: str, **more: object) -> dict:
    choices = [{"index": 0, "message": {"role": "assistant", "content": label}, "finish_reason": "stop"}]
    return {"object": "chat.completion", "id": text[:3], "messages": chat(text), "choices": choices, **more}


def response(text: str, label: str, **more: object) -> dict:
    said = [{"type": "output_text", "text": label}]
    output = [{"type": "reasoning", "summary": []}, {"type": "message", "role": "assistant", "content": said}]
    return {"object": "response", "input": text, "output": output, **more}


@pytest.mark.parametrize("log", [completion, response])
def test_in_a_log_the_models_word_is_told_and_a_reference_wins(log):
    alone = document({"object": "list", "data": [log(*pair) for pair in PAIRS], "has_more": False})
    assert pairs(alone) == PAIRS and "what a model answered" in notices(alone)
    right = lines([log(text, "bug", metadata={"ground_truth": label}) for text, label in PAIRS])
    assert pairs(right) == PAIRS and "2 of them different" in notices(right)
    some = [log(text, "bug", metadata={"label": label} if label == "bug" else {}) for text, label in PAIRS]
    assert pairs(lines(some)) == BUGS and "nobody rated" in notices(lines(some))


@pytest.mark.parametrize(
    "row",
    [
        lambda text, label: {"question": text, "choices": ["billing", "bug"], "answer": label},
        lambda text, label: {"text": text, "output_text": "bug", "label": label},
        lambda text, label: {"id": text[:3], "inputs": {"text": text}, "label": label},
        lambda text, label: {"item.text": text, "item.id": text[:3], "label": label},
    ],
)
def test_rows_that_only_look_like_a_tools_are_read_as_they_are(row):
    raw = lines([row(text, label) for text, label in PAIRS])
    assert open_file(raw).format == "JSON lines" and pairs(raw) == PAIRS
    cells = [list(map(str, row(text, label).values())) for text, label in PAIRS]
    assert pairs(table(list(row(*PAIRS[0])), cells)) == PAIRS or "inputs" in row(*PAIRS[0])


def test_a_column_that_begins_with_reference_is_no_answer():
    raw = table(
        ["input_text", "reference_number", "label"], [(text, text[:2], label) for text, label in PAIRS]
    )
    assert open_file(raw).format == "CSV" and pairs(raw) == PAIRS


def test_a_log_without_its_questions_is_refused():
    with pytest.raises(DataError, match="not what it was asked"):
        open_file(
            lines([{"object": "chat.completion", "choices": completion(*pair)["choices"]} for pair in PAIRS])
        )


@pytest.mark.parametrize(
    "row",
    [
        lambda text, label: {"item": {"input": text, "output": "bug", "ground_truth": label}},
        lambda text, label: {
            "item": {"ticket_text": text, "correct_label": label},
            "sample": {"output_text": "bug"},
        },
        lambda text, label: {"input": chat(text), "ideal": [label, label.title()]},
        lambda text, label: {"item": {"text": text, "label": {"name": label}}},
    ],
)
def test_rows_of_an_eval_have_what_is_right_not_what_was_sampled(row):
    raw = lines([row(text, label) for text, label in PAIRS])
    assert open_file(raw).format == "OpenAI Evals" and pairs(raw) == PAIRS


def output_item(text: str, label: str, run: str = "r", row: dict | None = None) -> dict:
    return {
        "object": "eval.run.output_item",
        "id": text[:3] + run,
        "run_id": run,
        "status": "fail" if label == "billing" else "pass",
        "datasource_item_id": TEXTS.index(text),
        "datasource_item": row or {"input": text, "ground_truth": label},
        "results": [{"name": "check", "passed": False, "sample": None}],
        "sample": {"input": chat(text), "output": [{"role": "assistant", "content": "bug"}]},
    }


def test_output_items_of_a_run_are_read_by_their_rows():
    items = [output_item(*pair) for pair in PAIRS]
    pages = [{"object": "list", "data": [output_item(*pair, run) for pair in PAIRS]} for run in "ab"]
    script = {"eval": {"id": "e"}, "runs": [{"run": {"id": "a"}, "output_items": items}]}
    for raw in (lines(items), document(pages[0]), lines(pages), document(script)):
        assert pairs(raw) == PAIRS
    assert import_dataset(lines(pages), "x").left_out == {"the same row in another run": 4}
    wrapped = [
        output_item(text, label, row={"item": {"text": text, "label": label}}) for text, label in PAIRS
    ]
    assert pairs(lines(wrapped)) == PAIRS


def test_output_items_without_a_right_answer_have_only_what_passed():
    items = [output_item(text, label, row={"input": text}) for text, label in PAIRS]
    assert open_file(lines(items)).known is not None
    assert [row[1] for row in open_file(lines(items)).rows] == ["", "", "", ""]


def hosted(right: bool, rated: bool = True) -> bytes:
    """An export of a hosted dataset in which the model always said bug."""
    head = ["input", *["ground_truth"] * right, "output", *["rating"] * rated, "output_feedback"]
    rows = [
        [text, *[label] * right, "bug", *[("good" if label == "bug" else "Bad")] * rated, f"{label}, surely"]
        for text, label in PAIRS
    ]
    return table(head, rows)


def test_exports_of_hosted_datasets_have_ground_truth_or_what_was_rated_good():
    for rated in (True, False):
        dataset = import_dataset(hosted(True, rated), "x").dataset
        assert [(row.text, row.label) for row in dataset.examples] == PAIRS
        assert dataset.examples[0].note == "billing, surely"
    result = import_dataset(hosted(False), "x", to_tune=False)
    said = "\n".join(result.notices)
    assert [(row.text, row.label) for row in result.dataset.examples] == BUGS
    assert result.left_out == {"no label": 2} and "2 rows rated bad" in said and "rated good" in said


def test_exports_of_hosted_datasets_are_read_as_json_too():
    records = [
        {
            "item": {"input": text} | ({"ground_truth": label} if label == "billing" else {}),
            "sample": {"output_text": "bug"},
            "annotations": {"rating": "good" if label == "bug" else "bad", "output_feedback": "x"},
        }
        for text, label in PAIRS
    ]
    assert pairs(document({"data": records})) == PAIRS


@pytest.mark.parametrize(
    "head", [["Output 1", "Rating 1", "Output 2", "Rating 2"], ["output (a)", "good?", "output (b)", "ok?"]]
)
def test_of_several_outputs_the_one_rated_good_counts(head: list[str]):
    rows = [[text, "bug", "good" if label == "bug" else "bad", label, "good"] for text, label in PAIRS]
    raw = table(["ticket", *head], rows)
    assert open_file(raw).format == "OpenAI dataset" and pairs(raw) == PAIRS


def test_what_a_model_wrote_is_no_reference_whatever_its_name():
    beside = [
        {"messages": chat(text, label), "predicted_label": "bug", "gpt_category": "bug"}
        for text, label in PAIRS
    ]
    assert pairs(lines(beside)) == PAIRS
    head = ["item.ticket", "item.predicted_label", "item.correct_label", "sample.output_text", "sample.label"]
    assert pairs(table(head, [[text, "bug", label, "bug", "bug"] for text, label in PAIRS])) == PAIRS


@pytest.mark.parametrize(
    ("head", "reply"),
    [
        (["review", "rating"], "{}"),
        (["review", "sentiment", "response"], "We answer: {}"),
        (["text", "label", "output"], "good"),
    ],
)
def test_a_column_of_good_and_bad_that_is_the_label_stays_one(head: list[str], reply: str):
    grades = ["good" if label == "bug" else "bad" for _, label in PAIRS]
    rows = [[text, grade, reply.format(text)][: len(head)] for text, grade in zip(TEXTS, grades, strict=True)]
    raw = table(head, rows)
    assert open_file(raw).format == "CSV" and [label for _, label in pairs(raw)] == grades
