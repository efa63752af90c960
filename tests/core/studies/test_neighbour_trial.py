"""Neighbour examples are tried fairly: shown only to other texts, priced before, measured on the same
rows."""

from __future__ import annotations

import random

import pytest

from core.costs.prompt_costs import prompt_costs
from core.data.splits import split
from core.errors import UsageError
from core.metrics.call_tokens import request_bytes
from core.metrics.comparison import compare
from core.similarity.requests import classify_requests
from core.studies import neighbour_trial
from core.studies.neighbour_trial import point_of
from core.tuning.few_shot import MOST_POOLED, pool_of, with_neighbours
from core.types import Example, Settings
from core.workspace import Workspace
from tests.core.costs.test_prompt_costs import dataset, run

__all__ = ["dataset", "run"]


@pytest.fixture
def rows(dataset):
    return split(dataset.examples, 0)


@pytest.fixture
def train(rows):
    return [row for row in rows if row.split == "train"]


@pytest.fixture
def validation(rows):
    return [row for row in rows if row.split == "validation"]


def test_no_near_duplicate_of_a_held_out_row_is_shown(train, validation):
    twin = Example("twin", validation[0].text.upper() + " !", "bug", split="train")
    near = Example("near", validation[1].text + ".", "bug", split="train")
    out = Example("out", "left out", "bug", split="train", excluded=True)
    pool = pool_of([*train, twin, near, out], validation, 0)
    texts = {shot.text for shot in pool}
    assert len(texts) > 150 and not texts & {twin.text, near.text, out.text}


def test_of_many_rows_some_are_chosen_the_same_every_time():
    rng = random.Random(1)
    letters = [chr(letter) for letter in range(ord("a"), ord("z") + 1)]
    many = [
        Example(str(n), " ".join("".join(rng.sample(letters, 9)) for _ in range(8)), "bug")
        for n in range(MOST_POOLED + 200)
    ]
    pool = pool_of(many, [], 3)
    assert len(pool) == MOST_POOLED and pool == pool_of(many, [], 3) != pool_of(many, [], 4)


def test_every_request_carries_its_neighbours_and_nothing_of_a_held_out_row(run, train, validation):
    steps, _, _ = run
    prompt = with_neighbours(steps[1].candidate, 3, pool_of(train, validation, 0))
    shown = {row.text for row in train}
    for row, request in zip(
        validation, classify_requests(prompt, [row.text for row in validation]), strict=True
    ):
        asked = [message.content for message in request.messages if message.role == "user"]
        assert len(asked) == 4 and row.text in asked[-1]
        assert all(any(text in shot for text in shown) and row.text not in shot for shot in asked[:-1])


def test_trying_reads_each_prompt_and_compares_it_with_none(tmp_path, run, dataset, train, validation):
    steps, result, by_id = run
    plain, prompt = steps[1].validation, steps[1].candidate
    pool = pool_of(train, validation, 0)
    said = []
    workspace = Workspace(tmp_path)
    try:
        found = neighbour_trial.run(
            workspace.session(Settings()),
            [with_neighbours(prompt, count, pool) for count in (1, 4)],
            validation,
            plain,
            dataset.labels.names,
            lambda progress: said.append((progress.done, progress.total)),
        )
    finally:
        workspace.close()
    assert [tried.count for tried in found] == [1, 4] and said[-1] == (208, 208)
    for tried in found:
        assert len(tried.read.predictions) == len(validation) and tried.read.metrics.failed == 0
        assert tried.comparison == compare(validation, plain.predictions, tried.read.predictions)
    base = next(point for point in prompt_costs(steps, result, by_id) if point.step == 1)
    texts = [row.text for row in validation]
    one, four = (point_of(tried, base, (prompt, plain), texts) for tried in found)
    assert (one.examples, four.examples) == (
        1,
        4,
    ) and base.tokens.input < one.tokens.input < four.tokens.input
    assert four.tokens.input == pytest.approx(
        base.tokens.input * request_bytes(found[1].prompt, texts) / request_bytes(prompt, texts)
    )
    assert four.accuracy == found[1].read.metrics.accuracy


def test_the_price_is_of_all_calls(tmp_path, run, train, validation):
    steps, _, _ = run
    prompts = [with_neighbours(steps[1].candidate, count, pool_of(train, validation, 0)) for count in (2, 8)]
    workspace = Workspace(tmp_path)
    try:
        part = neighbour_trial.price(
            Settings(lightweight="openai:gpt-5-nano"), prompts, validation, workspace.model_context()
        )
        free = neighbour_trial.price(Settings(), prompts, validation, workspace.model_context())
    finally:
        workspace.close()
    sizes = [request_bytes(prompt, [row.text for row in validation]) for prompt in prompts]
    assert part.calls == 2 * len(validation) and part.input.low == pytest.approx(sum(sizes) / 2 / 4)
    assert part.usd.low > 0 and free.usd.high == 0


def test_nothing_to_try_is_said(run, validation):
    with pytest.raises(UsageError, match="at least one number"):
        neighbour_trial.run(None, [], validation, run[0][1].validation, ())
