"""The table of models: matching, the user's file on top, and what it refuses."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from core.errors import UsageError
from core.llm.catalogue.model_list import list_model
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profile import Profile
from core.llm.catalogue.profiles import DEFAULTS, load_profiles, read_profiles
from core.llm.providers.registry import provider_names

TODAY = date(2026, 11, 22)


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read_profiles(text)
    return str(caught.value)


# ---- matching


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("openai:gpt-6-luna-2026-09-01", "openai:gpt-6-luna"),
        ("openai:gpt-4o-mini-2024-07-18", "openai:gpt-4o"),
        ("anthropic:claude-haiku-5-5-20261007", "anthropic:claude-haiku-5-5"),
        ("anthropic:claude-fable-5-2", "anthropic:claude-fable*"),
    ],
)
def test_a_dated_name_takes_the_rules_of_its_model(name: str, like: str) -> None:
    profiles = load_profiles()
    assert profiles.of(name) == profiles.of(like.rstrip("*"))


def test_a_name_takes_nothing_from_a_name_that_it_only_begins_with() -> None:
    profiles = load_profiles()
    assert profiles.of("openai:gpt-4.1").retires == date(2027, 1, 14)
    assert profiles.of("openai:gpt-4-turbo").retires == date(2026, 10, 23)
    assert profiles.of("openai:gpt-40-new").retires is None
    assert profiles.of("openai:gpt-5.1").retires == date(2027, 4, 1)
    assert profiles.of("openai-compatible:gpt-6-luna") == profiles.of("openai-compatible:anything")


def test_the_newer_of_two_models_inherits_no_thinking_from_the_older() -> None:
    profiles = load_profiles()
    assert profiles.of("anthropic:claude-opus-5").lightweight_thinking == "disabled"
    assert profiles.of("anthropic:claude-opus-5-5").lightweight_thinking == ""


def test_an_unknown_model_has_only_its_providers_fields() -> None:
    profile = load_profiles().of("openai:never-heard-of")
    assert (profile.length_parameter, profile.system_role, profile.effort("lightweight")) == (
        "max_completion_tokens",
        "system",
        "",
    )
    assert load_profiles().of("nobody:x") == Profile()


def test_the_defaults_are_known_and_not_retired() -> None:
    profiles = load_profiles()
    for names in DEFAULTS.values():
        assert all(name in profiles.known() and profiles.of(name).retires is None for name in names)
    assert profiles.of("openai:gpt-6-luna").effort("lightweight") == "none"


def test_every_default_effort_is_one_that_the_model_takes() -> None:
    profiles = load_profiles()
    for name in profiles.known():
        profile = profiles.of(name)
        for role in ("lightweight", "heavyweight"):
            assert not profile.effort(role) or profile.effort(role) in profile.efforts, name
            assert not profile.thinks(role) or profile.thinks(role) in profile.thinking, name


# ---- retirement


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("openai:gpt-5", "2026-12-11"),
        ("openai:gpt-5-mini-2025-08-07", "2026-12-11"),
        ("openai:o3", "2026-12-11"),
        ("openai:gpt-4o", "2027-01-14"),
        ("openai:gpt-4.1-mini", "2027-01-14"),
        ("openai:gpt-5.4-nano", "2027-04-01"),
        ("anthropic:claude-sonnet-4-5-20250929", "2026-11-30"),
        ("openai:gpt-4.1-nano", "2026-10-23"),
        ("openai:o4-mini", "2026-10-23"),
    ],
)
def test_the_day_of_retirement_is_known(name: str, day: str) -> None:
    profile = load_profiles().of(name)
    assert profile.retires == date.fromisoformat(day)
    entries = [list_model(name, load_profiles(), Prices(), on) for on in (profile.retires, date(2026, 1, 1))]
    assert [entry.retired for entry in entries] == [True, False]


def test_the_screen_is_told_when_a_model_stops() -> None:
    entries = [
        list_model("openai:" + name, load_profiles(), Prices(), TODAY)
        for name in ("gpt-4o", "o1", "gpt-6-luna")
    ]
    assert [str(entry.retires) for entry in entries] == ["2027-01-14", "2026-10-23", "None"]
    assert [entry.retired for entry in entries] == [False, True, False]


def test_the_dates_are_those_that_the_openai_sdk_tells() -> None:
    import re

    from openai.types.shared import chat_model

    told = re.sub(
        r"\s+",
        " ",
        Path(chat_model.__file__).read_text(encoding="utf-8").partition('"""Deprecated values:')[2],
    )
    groups = re.findall(r'- ((?:"[^"]+",? ?)+): Announced shutdown date: (\d{4}-\d{2}-\d{2})', told)
    assert len(groups) > 10
    profiles, checked = load_profiles(), 0
    for names, day in groups:
        for name in re.findall(r'"([^"]+)"', names):
            retires = profiles.of("openai:" + name).retires
            if retires is not None and date.fromisoformat(day) > TODAY:
                assert retires == date.fromisoformat(day), name
                checked += 1
            elif retires is not None:
                assert retires <= TODAY or retires >= date.fromisoformat(day), name
    assert checked >= 15


# ---- the user's file


def test_the_users_file_overrides_field_by_field(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(
        '[providers.openai]\nsystem_role = "developer"\n[models."openai:gpt-6-luna"]\nlightweight_effort = "low"\n'
        '[prices."openai:gpt-6.2-sol"]\ninput = 2\noutput = 10.5\n',
        encoding="utf-8",
    )
    profiles, shipped = load_profiles(tmp_path), load_profiles()
    mine, theirs = profiles.of("openai:gpt-6-luna"), shipped.of("openai:gpt-6-luna")
    assert mine.effort("lightweight") == "low"
    assert {one.name for one in fields(Profile) if getattr(mine, one.name) != getattr(theirs, one.name)} == {
        "lightweight_effort"
    }
    assert profiles.of("openai:anything").system_role == "developer"
    assert profiles.prices == {"openai:gpt-6.2-sol": {"input": 2.0, "output": 10.5}}
    assert profiles.known()[0] == "openai:gpt-6-luna"


def test_without_a_file_the_built_in_rules_hold(tmp_path: Path) -> None:
    assert load_profiles(tmp_path) == load_profiles() == load_profiles(tmp_path / "missing")


def test_fields_of_former_versions_in_the_users_file_are_passed_over() -> None:
    text = '[providers.openai]\nlimit_headers = "x-"\n[models."openai:x"]\ncontext = 9\nseed = true\nprefill = true\n'
    assert read_profiles(text).of("openai:x").prefill
    assert read_profiles(text).own_models == {"openai:x": {"prefill": True}}


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load_profiles(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '[models."openai:x"]\nlenght_parameter = "max_tokens"',
            "unknown key 'lenght_parameter'; there are api, length_parameter",
        ),
        ('[model."openai:x"]\napi = "chat"', "unknown key 'model'; there are providers, models, prices"),
        (
            '[models."mistral:x"]\napi = "chat"',
            "unknown key 'mistral'; there are " + ", ".join(provider_names(())),
        ),
        (
            '[models."openai:x"]\napi = "completions"',
            "api is 'completions'; it can be 'chat', 'responses', 'messages'",
        ),
        ('[models."openai:x"]\nprefill = "yes"', "prefill cannot be 'yes'"),
        ('[models."openai:x"]\noutput_limit = -5', "output_limit cannot be -5"),
        ('[models."openai:x"]\noutput_limit = true', "output_limit cannot be True"),
        ('[models."openai:x"]\nretires = "tomorrow"', "retires cannot be 'tomorrow'"),
        ('[models."openai:x"]\nefforts = [1]', "efforts cannot be [1]"),
        ("[models]\nx = 1", "[models] needs a name"),
        ("models = 3", "[models] needs a name"),
        ('[prices."openai:x"]\ninput = 1', "needs both input and output"),
        ('[prices."openai:x"]\ninput = "free"\noutput = 1', "input must be dollars per million tokens"),
        ('[prices."openai:x"]\ninput = -1\noutput = 1', "input must be dollars per million tokens"),
        ('[prices."openai:x"]\ninput = nan\noutput = 1', "input must be dollars per million tokens"),
        ('[prices."openai:x"]\ninput = 1\noutput = 1\ncurrency = "EUR"', "unknown key 'currency'"),
        ("[models", "is not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_refused_by_name(text: str, words: str) -> None:
    said = refusal(text)
    assert words in said and "\n" not in said


# ---- caps


def test_a_cap_stands_between_floor_and_limit() -> None:
    profile = Profile(lightweight_floor=4_000, heavyweight_floor=16_000, output_limit=21_333)
    assert [profile.cap("lightweight", asked) for asked in (1, 5_000, 90_000)] == [4_000, 5_000, 21_333]
    assert profile.cap("heavyweight", 1) == 16_000
    assert Profile().cap("lightweight", 7) == 7
