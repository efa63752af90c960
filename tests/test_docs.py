"""What the documents show must be true of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.llm.catalogue.limits import OTHERS, read_limits
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import read_profiles
from core.llm.providers.connect_model import connect_model
from core.llm.providers.registry import key_owners
from core.types import Message, Request

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def toml_of(name: str) -> list[str]:
    return re.findall(r"```toml\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL)


def test_the_files_of_rules_and_limits_shown_are_read_as_they_stand():
    rules, limits, _ = toml_of("models.md")
    name = "openai-compatible:my-model"
    found = read_profiles(rules)
    assert found.own_models[name]["structured"] == "response_format" and found.prices[name]["output"] == 0.5
    assert (
        read_limits(limits, ())[OTHERS]["concurrency"] == 64
        and read_limits(limits, ())["openai:gpt-6-luna"]["requests_per_minute"] == 500
    )


def test_every_endpoint_shown_can_be_called():
    profiles = read_profiles(toml_of("models.md")[2])
    names = {each.name for each in profiles.endpoints}
    assert names == {"openrouter", "groq", "deepseek", "azure", "local", "proxy"}
    keys = dict.fromkeys(key_owners(profiles.endpoints), "a-key")
    prices = Prices(profiles.prices, profiles.endpoints)
    for name in names:
        model = connect_model(f"{name}:m", keys, profiles)
        assert model.exact(Request((Message("user", "text"),)))["provider"] == name
    assert prices.per_million("local:m") == (0.0, 0.0) and prices.per_million("proxy:m") is None
    assert prices.per_million("proxy:claude-haiku-5-5") == pytest.approx((0.12, 0.6))
    assert prices.per_million("groq:llama-3.3-70b-versatile") is not None, "the list has that provider"


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/reliability.md"])
def test_what_shows_a_promise_is_there(page: str):
    """Tests and scripts, by their paths."""
    names = re.findall(r"`((?:tests|core)/[\w/]*\.(?:py|sh))`", (ROOT / page).read_text(encoding="utf-8"))
    assert len(names) > 3 and [name for name in names if not (ROOT / name).is_file()] == []
