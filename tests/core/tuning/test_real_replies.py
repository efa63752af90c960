"""Replies that a large language model wrote to requests of ours: every one is read, and nothing in it is torn."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from core.prompts.blocks import blocks, unwrapped
from core.prompts.edits import apply_edits, read_edits, read_rewrite
from core.prompts.rules import check_candidate
from core.tuning.hypotheses import EditPlan
from core.tuning.reflect import edits_between
from core.tuning.reflection_request import SIZE_LIMIT
from core.types import PROMPT_FIELDS, Edit, LabelSet, Prompt

FOLDER = Path(__file__).parent / "replies"
NAMES = sorted(path.name for path in FOLDER.glob("*.reply.txt"))


def prompt_and_labels(name: str) -> tuple[Prompt, tuple[str, ...]]:
    """Of the request that the reply answers."""
    messages = json.loads((FOLDER / f"{name.split('.')[0]}.request.json").read_text())["messages"]
    text = messages[-1]["content"]
    labels = re.search(r"^Labels: (.*)$", text, re.M)
    fields = {field: re.search(rf"<{field}>(.*?)</{field}>", text, re.S) for field in PROMPT_FIELDS}
    prompt = Prompt(**{field: match[1].replace("<\\/", "</") for field, match in fields.items() if match})
    return prompt, tuple(labels[1].split(", "))


def edits_of(name: str, prompt: Prompt) -> tuple[Edit, ...]:
    reply = (FOLDER / name).read_text()
    return edits_between(prompt, read_rewrite(reply, prompt)) if "rewrite" in name else read_edits(reply)


def test_there_are_replies():
    assert len(NAMES) == 40


@pytest.mark.parametrize("name", NAMES)
def test_every_edit_applies_and_all_hypotheses_together_are_the_edits(name):
    prompt, labels = prompt_and_labels(name)
    edits = edits_of(name, prompt)
    plan = EditPlan(prompt, edits, labels)
    whole = plan.prompt_with(plan.hypotheses)
    assert whole == apply_edits(prompt, edits) and not plan.keeps_form
    check_candidate(whole, LabelSet(labels), (), SIZE_LIMIT)
    assert plan.hypotheses and plan.prompt_with([]) == prompt


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_refused_nothing_is_torn(name):
    """No orphan heading, no list that begins late or has a hole, no block that neither text has."""
    prompt, labels = prompt_and_labels(name)
    plan = EditPlan(prompt, edits_of(name, prompt), labels)
    texts = (prompt.system_prompt, plan.prompt_with(plan.hypotheses).system_prompt)
    whole = {block.says for text in texts for block in blocks(text)}
    rng = random.Random(name)
    for _ in range(20):
        left = plan.prompt_with([each for each in plan.hypotheses if rng.random() < 0.5]).system_prompt
        parts = blocks(left)
        assert {part.says for part in parts if not part.is_structure} <= whole
        used = {index for part in parts if not part.is_structure for index in part.above}
        assert all(index in used for index, part in enumerate(parts) if part.is_structure)
        numbers: list[int] = []
        for part in parts:
            assert (
                part.number is None or part.number == (numbers[-1] + 1 if numbers else 1) or part.is_structure
            )
            numbers = [*numbers, part.number] if part.number is not None and not part.is_structure else []


@pytest.mark.parametrize("name", NAMES)
def test_putting_sentences_on_one_line_changes_no_word(name):
    prompt, _ = prompt_and_labels(name)
    for edit in edits_of(name, prompt):
        assert unwrapped(edit.replace).split() == edit.replace.split()
