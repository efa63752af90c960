"""limits.toml: read, checked, written."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.llm.catalogue.limits import OTHERS, CallLimits, limits_of, limits_text, load_limits, read_limits

WRITTEN = """
[others]
concurrency = 8
timeout = 20
["openai:gpt-6-luna"]
requests_per_minute = 500
"""


def test_a_model_takes_its_own_limits_then_those_of_all_others_then_the_usual_ones():
    limits = limits_of(read_limits(WRITTEN, ()))
    luna = limits["openai:gpt-6-luna"]
    assert (luna.requests_per_minute, luna.concurrency, luna.timeout, luna.deadline) == (
        500.0,
        8,
        20.0,
        CallLimits().deadline,
    )
    assert limits[OTHERS].requests_per_minute is None


def test_without_a_file_the_usual_limits_hold(tmp_path: Path):
    assert limits_of(load_limits(tmp_path, ())) == {OTHERS: CallLimits()}


def test_what_is_written_is_read_again_whatever_the_name():
    odd = 'openai-compatible:a "quoted" \\ näme:7b'
    given = {odd: {"concurrency": 3, "longest_wait": 0.5}, OTHERS: {"tokens_per_minute": 1e6}, "ollama:x": {}}
    assert read_limits(limits_text(given, ()), ()) == {name: entry for name, entry in given.items() if entry}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[others\n", "not valid TOML"),
        ("concurrency = 3", "needs a model"),
        ('["gpt-6-luna"]\nconcurrency = 3', "is no model"),
        ('["openai:"]\nconcurrency = 3', "is no model"),
        ("[others]\nspeed = 3", "unknown key 'speed'"),
        ("[others]\nconcurrency = 0", "whole number from 1"),
        ("[others]\nconcurrency = 2.5", "whole number from 1"),
        ("[others]\nconcurrency = 100000", "whole number from 1"),
        ("[others]\ntimeout = -1", "above 0"),
        ("[others]\ntimeout = nan", "above 0"),
        ("[others]\ntimeout = true", "above 0"),
        ('[others]\ntimeout = "60"', "above 0"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(text: str, said: str):
    with pytest.raises(UsageError, match=said):
        read_limits(text, ())


def test_a_file_that_is_no_text_is_refused_in_a_sentence(tmp_path: Path):
    (tmp_path / "limits.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load_limits(tmp_path, ())
