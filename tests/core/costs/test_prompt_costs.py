"""Points of accuracy and cost out of the steps of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.costs.call_price import THOUGHT_TOKENS
from core.costs.prompt_costs import price_of, prompt_costs
from core.data.importing.mapping import import_dataset
from core.data.splits import split
from core.llm.catalogue.prices import Prices
from core.metrics.call_tokens import Tokens
from core.prompts.render import render
from core.samples import sample
from core.types import Dataset, FewShot, Result, Settings, Shot, Spend, Step, Usage
from tests.pages.made import events


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    chosen = sample("github_issues")
    return import_dataset(chosen.path.read_bytes(), chosen.title).dataset


@pytest.fixture(scope="module")
def run(dataset: Dataset) -> tuple[list[Step], Result, dict]:
    *steps, result = events(dataset, Settings())
    return steps, result, {row.id: row for row in split(dataset.examples, 0)}


def test_every_measured_step_is_a_point_with_its_own_accuracy(run):
    steps, result, rows = run
    found = prompt_costs(steps, result, rows)
    assert [(point.step, point.kept) for point in found] == [(0, True), (1, True), (2, False)]
    assert [point.accuracy for point in found] == [step.validation.metrics.accuracy for step in steps]


def test_tokens_are_those_of_the_requests_and_replies(run):
    steps, result, rows = run
    spent = {"lightweight": Spend(api=50, input_tokens=50 * 100, output_tokens=50 * 7, cost_usd=None)}
    first, second, _ = prompt_costs([replace(step, spend=spent) for step in steps], result, rows)

    def sent(step: Step) -> float:
        prompts = [render(step.candidate, rows[each.example_id].text) for each in step.validation.predictions]
        return sum(len(message.content.encode()) for prompt in prompts for message in prompt) / len(prompts)

    assert (
        first.measured
        and first.tokens.input == pytest.approx(100)
        and first.tokens.output == pytest.approx(7)
    )
    assert second.tokens.input == pytest.approx(100 * sent(steps[1]) / sent(steps[0]))


def test_without_paid_calls_four_bytes_are_a_token_and_hidden_thought_is_added(run):
    steps, result, rows = run
    [first, *_], [thinking, *_] = (
        prompt_costs(steps, result, rows),
        prompt_costs(steps, result, rows, thinks=True),
    )
    replies = [each.reply for each in steps[0].validation.predictions]
    assert not first.measured and first.tokens.output == pytest.approx(
        sum(len(reply) for reply in replies) / len(replies) / 4
    )
    assert thinking.tokens.output - first.tokens.output == pytest.approx(
        sum(THOUGHT_TOKENS["lightweight"]) / 2
    )


def test_examples_in_the_prompt_are_told_and_paid_for(run):
    steps, _, rows = run
    shots = tuple(Shot("a text about crashes", "bug") for _ in range(8))
    longer = replace(steps[1].candidate, few_shot=FewShot("fixed", 8, shots))
    [_, plain], [_, shown] = (
        prompt_costs(steps[:2], None, rows),
        prompt_costs([steps[0], replace(steps[1], candidate=longer)], None, rows),
    )
    assert (plain.examples, shown.examples) == (0, 8) and shown.tokens.input > 1.5 * plain.tokens.input


def test_the_last_reading_stands_for_the_step_that_won(run):
    steps, result, rows = run
    again = steps[2].validation
    ended = replace(result, best=replace(result.best, evaluations={"validation": again}))
    assert (
        prompt_costs(steps, ended, rows)[1].accuracy
        == again.metrics.accuracy
        != steps[1].validation.metrics.accuracy
    )


def test_unmeasured_steps_and_empty_runs_are_no_points(run):
    steps, _, rows = run
    assert [
        point.step
        for point in prompt_costs([steps[0], replace(steps[1], candidate=None, validation=None)], None, rows)
    ] == [0]
    assert prompt_costs([], None, rows) == ()


def test_money_is_that_of_a_thousand_calls():
    prices = Prices({"openai:x": {"input": 0.5, "output": 2.0}})
    assert price_of(Tokens(200.4, 30.25), "openai:x", prices) == pytest.approx(
        1_000 * (200 * 0.5 + 30.25 * 2.0) / 1e6
    )
    assert price_of(Tokens(200, 30), "openai:x", prices) == pytest.approx(
        1_000 * prices.cost("openai:x", Usage(200, 30))
    )
    assert price_of(Tokens(200, 30), "offline:reader", prices) == 0.0
    assert price_of(Tokens(200, 30), "openai-compatible:own", prices) is None
