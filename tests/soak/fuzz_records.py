"""Files of the tools of which no file lies in the fixtures, as their exports have them; `fuzz.py` spoils them."""

from __future__ import annotations

from typing import Any

_SCORES = {"feature_key": "correct", "assessment_name": "correctness", "source": {"source_type": "HUMAN"}}
_TOLD = {"role": "user", "content": "a refund"}
_ANSWERED = {"role": "assistant", "content": "billing"}

TOOL_RECORDS: tuple[list[Any], ...] = (
    [
        {"id": 1, "text": "a refund", "label": ["billing"], "Comments": [], "annotation_approver": "ann"}
    ],  # Doccano
    [{"id": 1, "text": "a refund", "annotations": [{"label": 1, "user": 2}], "meta": {"a": 1}}],
    [
        {"text": "a refund", "_input_hash": 1, "_task_hash": 2, "label": "billing", "answer": "accept"}
    ],  # Prodigy
    [
        {
            "text": "a refund",
            "_task_hash": 2,
            "options": [{"id": 1, "text": "billing"}, {"id": 2, "text": "bug"}],
            "accept": [1],
            "answer": "accept",
        }
    ],
    [["a refund", {"cats": {"billing": 1.0, "bug": 0.0}}], ["b", {"cats": {"bug": 1}}]],  # spaCy
    [{"text": "a refund", "cats": {"billing": True, "bug": False}}],
    [  # Hugging Face's viewer
        {
            "features": [
                {"name": "text", "type": {"dtype": "string", "_type": "Value"}},
                {"name": "label", "type": {"names": ["billing", "bug"], "_type": "ClassLabel"}},
            ],
            "rows": [{"row_idx": 0, "row": {"text": "a", "label": 1}, "truncated_cells": []}],
            "num_rows_total": 1,
        }
    ],
    [  # MLflow
        {
            "inputs": {"question": "a refund"},
            "outputs": {"answer": "billing"},
            "expectations": {"expected_response": {"value": "billing", "source": {"source_type": "HUMAN"}}},
            "tags": {"split": "train"},
        }
    ],
    [
        {
            "info": {
                "trace_id": "t",
                "assessments": [
                    {"name": "label", "expectation": {"value": "billing"}, **_SCORES},
                    {"name": "ok", "feedback": {"value": False}, "valid": True, "overrides": "x"},
                ],
            },
            "data": {"spans": [{"attributes": {"mlflow.spanInputs": '{"a": 1}'}, "parent_id": None}]},
        }
    ],
    [  # OpenAI: stored completions, responses, a batch's results, output items of a run
        {
            "object": "chat.completion",
            "input": [_TOLD],
            "choices": [{"message": _ANSWERED, "finish_reason": "stop"}],
            "metadata": {"label": "billing"},
        }
    ],
    [{"object": "response", "input": "a refund", "output": [{"type": "message", "content": [_ANSWERED]}]}],
    [{"custom_id": "1", "response": {"status_code": 200, "body": {"choices": [{"message": _ANSWERED}]}}}],
    [
        {
            "object": "eval.run.output_item",
            "datasource_item": {"item": {"text": "a", "ground_truth": "bug"}},
            "sample": {"input": [_TOLD], "output": [_ANSWERED]},
            "results": [{"name": "ok", "passed": True, "score": 1}],
        }
    ],
    [{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "bug"}]}],
    [
        {
            "contents": [
                {"role": "user", "parts": [{"text": "a"}]},
                {"role": "model", "parts": [{"text": "bug"}]},
            ]
        }
    ],
    [{"input": {"messages": [_TOLD]}, "preferred_output": [_ANSWERED], "non_preferred_output": [_ANSWERED]}],
    [  # promptfoo's results
        {
            "evalId": "e",
            "results": {
                "results": [
                    {
                        "vars": {"text": "a"},
                        "testCase": {
                            "vars": {"text": "a"},
                            "assert": [{"type": "equals", "value": "bug"}, {"type": "llm-rubric"}],
                        },
                        "response": {"output": "bug"},
                        "success": True,
                    }
                ]
            },
            "config": {"tests": [{"vars": {"text": "a"}}], "prompts": ["{{text}}"]},
        }
    ],
    [{"train": [{"text": "a", "label": "x"}], "test": [{"text": "b", "label": "y"}]}],
    [{"data": {"text": "a"}, "annotations": [{"result": [{"type": "rating", "value": {"rating": 3}}]}]}],
)
