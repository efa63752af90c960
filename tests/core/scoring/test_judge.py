"""A judge as a scorer: which file is meant, what it reads, what its verdict is worth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import CallFailed, UsageError
from core.scoring.judge import keep_judge, kept_judge
from core.types import Example, Outcome, Prediction, Reply

ROW = Example("1", "Where is WB-1?", "WB-1")
FIELDS = {
    "fields": ["question", "answer", "Expected answer"],
    "text": "{question}|{answer}|{Expected answer}",
}


def judge_file(folder: Path, **changes: object) -> Path:
    content = {
        "system_prompt": "Labels: good, unsure, bad",
        "user_prompt_prefix": "<text>\n",
        "user_prompt_suffix": "\n</text>\n<label>the label</label>",
        "labels": ["good", "unsure", "bad"],
        "model": "offline:reader",
        "template": FIELDS,
        "judge": {"good": "good", "agreed": 39, "of": 50},
    }
    path = folder / "mine.json"
    path.write_text(
        json.dumps({k: v for k, v in (content | changes).items() if v is not None}), encoding="utf-8"
    )
    return path


def test_its_fields_hold_the_text_the_reply_and_the_reference(tmp_path: Path):
    judge = kept_judge(keep_judge(f"judge:{judge_file(tmp_path)}", tmp_path / "kept"), tmp_path / "kept")
    assert judge.text(ROW, " It is {question}. ") == "Where is WB-1?|It is {question}.|WB-1"
    assert (
        "“question” is the text, “answer” is the reply, “Expected answer” is the reference" in judge.in_words
    )
    assert "agrees with people on 39 of 50 test answers" in judge.in_words
    whole = kept_judge(keep_judge(f"judge:{judge_file(tmp_path, template=None)}", tmp_path), tmp_path)
    assert whole.text(ROW, "yes") == "yes", "a judge of whole texts reads the reply alone, as in llm-rubric"


@pytest.mark.parametrize(
    ("reply", "score", "reason"),
    [
        ("So it is. <label>good</label>", 1.0, "The judge says good: So it is."),
        ("<label>unsure</label>", 0.0, "The judge says unsure"),
        ("No date. <label>bad</label>", 0.0, "The judge says bad: No date."),
    ],
)
def test_only_the_good_verdict_scores(tmp_path: Path, reply: str, score: float, reason: str):
    judge = kept_judge(keep_judge(f"judge:{judge_file(tmp_path)}", tmp_path), tmp_path)
    scored = judge.scored(ROW, Prediction("1", Outcome.LABEL, "It is WB-1", reply="…"), Reply(reply))
    assert (scored.score, scored.reason, scored.said) == (score, reason, "It is WB-1")
    assert (scored.label == ROW.label) is (score == 1)


@pytest.mark.parametrize("reply", [CallFailed("The line went dead."), Reply("I would say fine."), Reply("")])
def test_an_answer_without_a_verdict_has_no_score(tmp_path: Path, reply: Reply | CallFailed):
    judge = kept_judge(keep_judge(f"judge:{judge_file(tmp_path)}", tmp_path), tmp_path)
    lost = judge.scored(ROW, Prediction("1", Outcome.LABEL, "WB-1", reply="paid for"), reply)
    assert (lost.outcome, lost.score, lost.label, lost.reply) == (Outcome.FAILED, None, "", "paid for")
    assert lost.error.startswith("The judge gave no verdict: ")


def test_a_copy_is_kept_as_it_is_however_the_file_goes_on(tmp_path: Path):
    path, kept = judge_file(tmp_path), tmp_path / "scorers"
    name = keep_judge(f"judge:{path}", kept)
    assert keep_judge(name, kept) == name == keep_judge(f"judge:{kept / name.removeprefix('judge:')}", kept)
    other = keep_judge(f"judge:{judge_file(tmp_path, judge=None)}:unsure", kept)
    assert other != name and kept_judge(other, kept).record.good == "unsure"
    copy = kept / name.removeprefix("judge:")
    copy.write_text(copy.read_text(encoding="utf-8").replace("Labels", "All labels"), encoding="utf-8")
    with pytest.raises(UsageError, match="was changed since"):
        kept_judge(name, kept)
    with pytest.raises(UsageError, match="names a folder"):
        kept_judge(f"judge:{path}", kept)


@pytest.mark.parametrize(
    ("changes", "more", "why"),
    [
        ({"judge": None}, "", "write it behind the file, such as :good"),
        ({}, ":fine", "has no verdict “fine”"),
        ({"model": None}, "", "names no model"),
        (
            {"template": {"fields": ["question", "context"], "text": "{question} {context}"}},
            "",
            "“context”, a field that",
        ),
        (
            {"template": {"fields": ["input", "text", "reply"], "text": "{input}{text}{reply}"}},
            "",
            "two fields that",
        ),
        ({"template": {"fields": ["question"], "text": "{question}"}}, "", "and so not the reply"),
        ({"system_prompt": None}, "", "is no prompt file: The prompt file has no system_prompt"),
        ({"judge": {"good": "fine"}}, "", "none of the"),
    ],
)
def test_what_cannot_judge_is_refused_in_a_sentence(tmp_path: Path, changes: dict, more: str, why: str):
    with pytest.raises(UsageError, match=why):
        keep_judge(f"judge:{judge_file(tmp_path, **changes)}{more}", tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
