"""What the documents show must be true of the program."""

from __future__ import annotations

import re
from pathlib import Path

from core.llm.catalogue.limits import OTHERS, read_limits
from core.llm.catalogue.profiles import read_profiles

DOCS = Path(__file__).parents[1] / "docs"


def test_the_files_of_rules_and_limits_shown_are_read_as_they_stand():
    rules, limits = re.findall(
        r"```toml\n(.*?)```", (DOCS / "models.md").read_text(encoding="utf-8"), re.DOTALL
    )
    name = "openai-compatible:my-model"
    found = read_profiles(rules)
    assert found.own_models[name]["structured"] == "response_format" and found.prices[name]["output"] == 0.5
    assert (
        read_limits(limits)[OTHERS]["concurrency"] == 64
        and read_limits(limits)["openai:gpt-6-luna"]["requests_per_minute"] == 500
    )
