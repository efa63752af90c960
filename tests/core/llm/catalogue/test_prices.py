"""Prices: the user's first, the list's by exact name or date only, never a neighbour's."""

from __future__ import annotations

import random
import subprocess
import sys
import warnings

import genai_prices
import pytest

from core.llm.catalogue.prices import Prices
from core.types import Usage


@pytest.mark.parametrize(
    ("name", "usage", "dollars"),
    [
        (
            "openai:gpt-6-luna",
            Usage(1_000_000, 0),
            0.10 * 2,
        ),  # above 272,000 tokens the input costs twice as much
        ("openai:gpt-6-luna", Usage(100_000, 0), 0.01),
        ("openai:gpt-6-luna", Usage(0, 1_000_000), 0.50),
        ("openai:gpt-6-luna", Usage(100_000, 0, cached_input=100_000), 0.001),
        ("openai:gpt-6-luna", Usage(100_000, 0, cache_write=100_000), 0.0125),
        ("anthropic:claude-haiku-5-5", Usage(99_000, 0), 0.0099),
        ("anthropic:claude-haiku-5-5", Usage(101_000, 0), 0.0505),
        ("openai:gpt-6.1-sol", Usage(1_000, 1_000), 0.012),
    ],
)
def test_calls_cost_what_the_vendors_say(name: str, usage: Usage, dollars: float) -> None:
    assert Prices().cost(name, usage) == pytest.approx(dollars)


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("openai:gpt-6-luna", "gpt-6-luna"),
        ("openai:gpt-6-luna-2026-09-01", "gpt-6-luna"),
        ("openai:GPT-6-LUNA", "gpt-6-luna"),
        ("anthropic:claude-haiku-5-5-20261007", "claude-haiku-5-5"),
        ("gemini:gemini-3.8-flash", "gemini-3.8-flash"),
        ("gemini:gemini-3.8-flash-lite", None),
        ("openai:gpt-6.2-sol", None),
        ("openai:x", None),
        ("openai:sim-student@issues", None),
        ("openai-compatible:gpt-6-luna", None),
        ("openai:gpt-6-luna-mini", None),
        ("openai:", None),
        ("nobody:gpt-6-luna", None),
    ],
)
def test_a_price_is_taken_for_the_very_model_only(name: str, listed: str | None) -> None:
    prices = Prices()
    assert prices.matched(name) == listed
    assert (
        (prices.cost(name, Usage(1, 1)) is None) == (listed is None) == (prices.ceiling(name, 1, 1) is None)
    )
    assert (prices.per_million(name) is None) == (listed is None)


def test_no_model_that_the_sdks_know_is_priced_as_another() -> None:
    import typing

    from anthropic.types import model
    from openai.types.shared import chat_model

    names = ["openai:" + name for name in typing.get_args(chat_model.ChatModel)]
    names += ["anthropic:" + name for name in typing.get_args(typing.get_args(model.Model)[0])]
    prices, priced = Prices(), 0
    for name in names:
        listed = prices.matched(name)
        if listed is not None:
            rest = name.partition(":")[2].removeprefix(listed)
            assert not any(letter.isalpha() for letter in rest), f"{name} priced as {listed}"
            priced += 1
    assert priced > 60


@pytest.mark.parametrize(
    "name",
    [
        "openai:gpt-6-luna",
        "openai:gpt-4o",
        "openai:gpt-5",
        "anthropic:claude-haiku-5-5",
        "anthropic:claude-opus-5-5",
        "gemini:gemini-2.5-pro",
        "gemini:gemini-3.8-flash",
    ],
)
def test_the_sums_are_those_of_genai_prices(name: str) -> None:
    rng, prices = random.Random(1), Prices()
    provider, _, model = name.partition(":")
    for _ in range(40):
        size = rng.choice([100, 5_000, 150_000, 300_000])
        cached, written = (
            rng.randint(0, size // 2),
            rng.randint(0, size // 3) if provider == "anthropic" else 0,
        )
        usage = Usage(size, rng.randint(0, 9_000), cached, 0, written)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = genai_prices.calc_price(
                genai_prices.Usage(
                    input_tokens=size,
                    output_tokens=usage.output,
                    cache_read_tokens=cached,
                    cache_write_tokens=written,
                ),
                model,
                provider_id={"gemini": "google"}.get(provider, provider),
            ).total_price
        assert prices.cost(name, usage) == pytest.approx(float(theirs), rel=1e-9)


@pytest.mark.parametrize("name", ["openai:gpt-6-luna", "anthropic:claude-haiku-5-5", "mine"])
def test_no_call_costs_more_than_its_ceiling(name: str) -> None:
    rng, prices = random.Random(2), Prices({"mine": {"input": 3, "output": 4, "cached_input": 5}})
    for _ in range(200):
        size = rng.randint(0, 400_000)
        cached = rng.randint(0, size)
        usage = Usage(size, rng.randint(0, 5_000), cached, 0, rng.randint(0, size - cached))
        ceiling = prices.ceiling(name, size, 5_000)
        cost = prices.cost(name, usage)
        assert ceiling is not None and cost is not None and cost <= ceiling * (1 + 1e-12)


def test_the_users_price_wins() -> None:
    compatible = {"input": 1, "output": 2, "cached_input": 0.5}
    prices = Prices({"openai:gpt-6-luna": {"input": 7.0, "output": 9.0}, "openai-compatible:x": compatible})
    assert prices.cost(
        "openai:gpt-6-luna", Usage(1_000_000, 1_000_000, cached_input=400_000)
    ) == pytest.approx(16.0)
    assert prices.cost("openai-compatible:x", Usage(1_000_000, 0, cached_input=1_000_000)) == pytest.approx(
        0.5
    )
    assert prices.per_million("openai-compatible:x") == pytest.approx((1, 2))
    assert prices.matched("openai-compatible:x") == "openai-compatible:x"


def test_what_runs_here_is_free() -> None:
    for name in ("offline:reader", "offline:editor", "ollama:llama4:8b"):
        assert Prices().cost(name, Usage(10**6, 10**6)) == Prices().ceiling(name, 10**6, 10**6) == 0.0
    assert Prices({"ollama:llama4": {"input": 1, "output": 1}}).cost(
        "ollama:llama4", Usage(10**6)
    ) == pytest.approx(1)


def test_odd_counts_of_a_server_do_not_break_the_sum() -> None:
    prices = Prices()
    assert prices.cost("openai:gpt-6-luna", Usage(10, 5, cached_input=500, cache_write=500)) == pytest.approx(
        10 * 0.01e-6 + 5 * 0.5e-6
    )
    assert prices.cost("openai:gpt-6-luna", Usage()) == 0.0


def test_the_list_is_imported_only_when_it_is_asked() -> None:
    code = (
        "import sys; from core.llm.catalogue.prices import Prices; from core.types import Usage\n"
        "Prices().cost('ollama:x', Usage()); assert 'genai_prices' not in sys.modules\n"
        "Prices().cost('openai:x', Usage()); assert 'genai_prices' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
