"""The estimate before a run, held against what runs and requests really are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.costs.call_price import BYTES_PER_TOKEN, LATENCY
from core.costs.run_estimate import Estimate, estimate
from core.data.importing.mapping import import_dataset
from core.data.splits import split
from core.errors import UsageError
from core.llm.catalogue.limits import CallLimits
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.prompts.starting_prompt import starting_prompt
from core.samples import sample
from core.similarity.requests import classify_requests
from core.tuning.tune import tune
from core.types import Dataset, Example, FewShot, LabelSet, Settings, Shot
from core.workspace import Workspace

REAL = Settings(lightweight="openai:gpt-6-luna", heavyweight="openai:gpt-6.1-sol")


def shared(prices: Prices | None = None, limits: CallLimits | None = None) -> ModelContext:
    """`limits` are those of the lightweight model."""
    return ModelContext(
        load_profiles(), prices or Prices(), {}, limits={REAL.lightweight: limits} if limits else {}
    )


def issues() -> Dataset:
    return import_dataset(sample("github_issues").path.read_bytes(), "issues").dataset


def estimated(
    settings: Settings, dataset: Dataset | None = None, known: ModelContext | None = None
) -> Estimate:
    dataset = dataset or issues()
    return estimate(settings, split(dataset.examples, settings.seed), dataset.labels, known or shared())


@pytest.mark.parametrize(
    "settings", [Settings(iterations=3), Settings(iterations=2, strategy="rewrite"), Settings(max_calls=600)]
)
@pytest.mark.parametrize("name", ["github_issues", "question_pairs"])
def test_a_run_takes_no_more_calls_than_foreseen_and_not_far_fewer(
    name: str, settings: Settings, tmp_path: Path
):
    dataset = import_dataset(sample(name).path.read_bytes(), name).dataset
    foreseen = estimated(settings, dataset)
    workspace = Workspace.open(tmp_path, {})
    try:
        session = workspace.session(settings)
        steps = list(tune(dataset, session, settings))
        light, heavy = session.account.spends()["lightweight"], session.account.spends()["heavyweight"]
    finally:
        workspace.close()
    assert len(steps) > 2
    assert 0.5 * foreseen.lightweight.calls <= light.api <= foreseen.lightweight.calls
    assert 0 < heavy.api <= foreseen.heavyweight.calls


def test_tokens_are_measured_from_the_texts_and_the_starting_prompt():
    dataset = issues()
    used = [row.text for row in dataset.examples if not row.excluded]
    requests = classify_requests(starting_prompt(dataset.labels), used)
    exact = (
        sum(len(message.content.encode()) for request in requests for message in request.messages)
        / len(used)
        / BYTES_PER_TOKEN
    )
    foreseen = estimated(REAL, dataset).lightweight.input
    assert foreseen.low == pytest.approx(exact, rel=0.01) and foreseen.high > exact


def test_a_reflection_is_about_as_long_as_foreseen(tmp_path: Path):
    dataset, settings = issues(), Settings(iterations=2)
    workspace = Workspace.open(tmp_path, {})
    try:
        steps = list(tune(dataset, workspace.session(settings), settings))[1:-1]
    finally:
        workspace.close()
    sizes = [
        sum(len(message.content) for message in step.reflection.request.messages)
        for step in steps
        if step.reflection
    ]
    foreseen = estimated(settings, dataset).heavyweight.input
    assert sizes and all(foreseen.low <= size / BYTES_PER_TOKEN <= foreseen.high for size in sizes)


def test_letters_of_several_bytes_are_more_tokens():
    def rows(text: str) -> Dataset:
        examples = tuple(Example(str(n), f"{text} {n}", "ab"[n % 2]) for n in range(40))
        return Dataset("x", LabelSet(("a", "b")), examples)

    assert (
        estimated(REAL, rows("新しい機能" * 20)).lightweight.input.low
        > 1.5 * estimated(REAL, rows("abcde" * 20)).lightweight.input.low
    )


def test_examples_in_the_prompt_are_counted():
    prompt = starting_prompt(issues().labels)
    shown = replace(prompt, few_shot=FewShot("fixed", 2, (Shot("x" * 400, "bug"), Shot("y" * 400, "bug"))))
    near = replace(prompt, few_shot=FewShot("similar", 5))
    plain = estimated(replace(REAL, start=prompt)).lightweight.input.low
    assert estimated(replace(REAL, start=shown)).lightweight.input.low > plain + 200
    assert estimated(replace(REAL, start=near)).lightweight.input.low > plain + 50


def test_money_is_the_tokens_of_both_roles_at_their_prices():
    prices = Prices({"openai:a": {"input": 1.0, "output": 0.0}, "openai:b": {"input": 0.0, "output": 100.0}})
    foreseen = estimated(Settings("openai:a", "openai:b"), known=shared(prices))
    light, heavy = foreseen.lightweight, foreseen.heavyweight
    assert foreseen.usd.high == pytest.approx(
        light.calls * light.input.high / 1e6 + heavy.calls * heavy.output.high * 1e-4, rel=0.01
    )
    assert 0 < foreseen.usd.low < foreseen.usd.high


def test_hidden_reasoning_is_foreseen_where_a_model_cannot_do_without():
    assert (
        estimated(replace(REAL, lightweight="openai:gpt-6.1-sol")).lightweight.output.low
        > estimated(REAL).lightweight.output.high
    )


def test_an_unknown_price_is_named_and_makes_the_sum_unknown():
    foreseen = estimated(replace(REAL, lightweight="openai:strange"))
    assert foreseen.usd is None and foreseen.unpriced == ("openai:strange",)
    assert foreseen.tokens.high > 0


def test_the_offline_pair_is_free_and_takes_no_time():
    foreseen = estimated(Settings())
    assert (foreseen.usd.low, foreseen.usd.high, foreseen.seconds, foreseen.paid_steps) == (
        0.0,
        0.0,
        0.0,
        None,
    )


def test_minutes_follow_from_calls_at_a_time_and_from_what_may_be_asked_in_a_minute():
    foreseen = estimated(REAL)
    waiting = foreseen.heavyweight.calls * LATENCY["heavyweight"]
    assert foreseen.heavyweight.seconds == waiting
    assert foreseen.lightweight.seconds == pytest.approx(foreseen.lightweight.calls / 16)
    narrow = estimated(REAL, known=shared(limits=CallLimits(concurrency=4)))
    assert narrow.lightweight.seconds == pytest.approx(foreseen.lightweight.calls / 4)
    paced = estimated(REAL, known=shared(limits=CallLimits(requests_per_minute=60)))
    assert paced.lightweight.seconds == pytest.approx(foreseen.lightweight.calls)


def paid(settings: Sequence[Settings]) -> list[int | None]:
    return [estimated(each).paid_steps for each in settings]


def test_a_bigger_cap_pays_for_more_steps_and_never_for_more_than_planned():
    money = paid([replace(REAL, iterations=10, budget_usd=usd) for usd in (0.01, 0.2, 0.4, 50.0)])
    assert money[0] == 0 and money[-1] == 10 and money == sorted(money) and 0 < money[1] < money[2]
    tokens = paid([replace(REAL, iterations=10, max_tokens=cap) for cap in (1_000, 500_000, 100_000_000)])
    assert tokens[0] == 0 and 0 < tokens[1] < tokens[2] == 10


def test_the_tighter_of_two_caps_decides():
    [both, money] = paid([replace(REAL, budget_usd=0.4, max_tokens=1_000), replace(REAL, budget_usd=0.4)])
    assert both == 0 < money


def test_a_cap_on_heavyweight_calls_is_a_cap_on_steps():
    foreseen = estimated(Settings(iterations=8, max_heavy_calls=3))
    assert (foreseen.steps, foreseen.heavyweight.calls) == (3, 3)
    assert foreseen.lightweight.calls < estimated(Settings(iterations=8)).lightweight.calls


def test_caps_too_small_for_a_step_are_refused():
    with pytest.raises(UsageError, match="too few"):
        estimated(Settings(max_calls=5))


def test_what_a_call_cap_leaves_of_the_held_out_rows_is_said_before_the_start():
    """It used to shrink both parts without a word."""
    capped, free = estimated(Settings(max_calls=150)), estimated(Settings())
    assert (capped.held_out["validation"], capped.held_out["test"]) == (7, 25)
    assert capped.cap_leaves == (
        "The cap on calls leaves 7 of 104 validation rows and 25 of 104 test rows. On 25 test rows a gain of less than "
        "24 points cannot be told from luck."
    )
    assert free.held_out["validation"] == 104 and free.cap_leaves == ""
    assert (
        estimated(Settings(max_calls=40)).cap_leaves.endswith("24 points cannot be told from luck.") is False
    )
