"""Keys typed in a session: they come first, have connections of their own, and are nowhere to be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.llm.connections import Connections
from core.llm.layers.reply_cache import ReplyCache

KEY = "sk-ant-typed-KEEPTHISHIDDEN"
MODEL = "anthropic:claude-haiku-5-5"


def sharing(folder: Path, **environment: str) -> Connections:
    return Connections(folder, environment, ReplyCache(folder / "cache"))


def test_a_typed_key_opens_a_model_that_the_environment_does_not(tmp_path: Path):
    shares = sharing(tmp_path)
    with pytest.raises(UsageError, match="ANTHROPIC_API_KEY"):
        shares.with_keys({}).connected(MODEL, "lightweight")
    assert shares.with_keys({"ANTHROPIC_API_KEY": KEY}).connected(MODEL, "lightweight").name == MODEL
    with pytest.raises(UsageError):  # nobody else can use it
        shares.with_keys({}).connected(MODEL, "lightweight")


def test_a_typed_key_stands_before_the_environments_and_shares_no_connection_with_it(tmp_path: Path):
    shares = sharing(tmp_path, ANTHROPIC_API_KEY="sk-ant-of-the-environment")
    typed, usual = shares.with_keys({"ANTHROPIC_API_KEY": KEY}), shares.with_keys({})
    assert typed.keys["ANTHROPIC_API_KEY"] == KEY
    assert typed.connected(MODEL, "lightweight") is not usual.connected(MODEL, "lightweight")
    assert typed.cache is usual.cache


def test_equal_keys_share_one_way_to_a_model(tmp_path: Path):
    shares = sharing(tmp_path)
    first = shares.with_keys({"OPENAI_API_KEY": KEY, "GEMINI_API_KEY": ""})
    assert first is shares.with_keys({"OPENAI_API_KEY": KEY})
    assert first.limiter("openai:x") is shares.with_keys({"OPENAI_API_KEY": KEY}).limiter("openai:x")


def test_only_keys_can_be_typed(tmp_path: Path):
    """Whatever a page passes on, a session cannot send calls somewhere else."""
    typed = sharing(tmp_path).with_keys(
        {"OPENAI_BASE_URL": "http://192.0.2.1/v1", "WHETSTONE_WORKSPACE": "/tmp/x"}
    )
    assert "OPENAI_BASE_URL" not in typed.keys and "WHETSTONE_WORKSPACE" not in typed.keys


def test_a_typed_key_is_in_no_representation_and_in_no_file(tmp_path: Path):
    shares = sharing(tmp_path)
    typed = shares.with_keys({"ANTHROPIC_API_KEY": KEY})
    assert KEY not in repr(shares) + repr(typed)
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_changed_rules_hold_after_forgetting(tmp_path: Path):
    shares = sharing(tmp_path)
    before = shares.with_keys({})
    (tmp_path / "limits.toml").write_text('["openai:x"]\nconcurrency = 2\n')
    (tmp_path / "models.toml").write_text('[prices."openai:x"]\ninput = 1\noutput = 2\n')
    assert shares.with_keys({}) is before
    shares.forget()
    after = shares.with_keys({})
    assert after.limits_of("openai:x").concurrency == 2 and after.prices.per_million(
        "openai:x"
    ) == pytest.approx((1.0, 2.0))
    assert before.limits_of("openai:x").concurrency > 2  # what runs have opened stays as it is


def test_a_wrong_file_of_rules_is_one_sentence_until_it_is_right(tmp_path: Path):
    shares = sharing(tmp_path)
    (tmp_path / "limits.toml").write_text("[others]\nspeed = 1")
    with pytest.raises(UsageError, match="speed"):
        shares.with_keys({})
    (tmp_path / "limits.toml").unlink()
    assert shares.with_keys({}).limits_of("openai:x").concurrency > 1
