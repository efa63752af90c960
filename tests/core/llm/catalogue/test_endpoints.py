"""[endpoints.NAME]: what it may hold, what is refused, and that its models are models everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.llm.account import Account
from core.llm.catalogue.limits import read_limits
from core.llm.catalogue.model_list import list_model
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import read_profiles
from core.llm.connections import Connections
from core.llm.layers.reply_cache import ReplyCache
from core.llm.open_model import open_model
from core.llm.providers.connect_model import connect_model
from core.llm.providers.registry import accesses, key_owners
from core.types import Message, Request, Usage
from tests.core.llm.catalogue.test_profiles import TODAY

GROQ = """\
[endpoints.groq]
base_url = "https://api.groq.com/openai/v1/"
key_variable = "GROQ_API_KEY"
structured = "response_format"
limits = {requests_per_minute = 30, tries = 4}

[endpoints.groq.prices]
input = 0.1
output = 0.2
"org/large".input = 1.0
"org/large".output = 2.0

[models."groq:org/large"]
prefill = true
"""
KEY = "gsk_abcdefghijklmnop1234"


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read_profiles(text)
    return str(caught.value)


def entry(line: str, name: str = "groq") -> str:
    url = "" if line.startswith("base_url") else 'base_url = "https://x.example/v1"\n'
    return f"[endpoints.{name}]\n{url}{line}\n"


# ---- a model of it is a model


def test_its_rules_prices_and_limits_hold_for_all_its_models(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(GROQ)
    (tmp_path / "limits.toml").write_text('[others]\nconcurrency = 9\n["groq:slow"]\ntries = 2\n')
    context = Connections(tmp_path, {}, ReplyCache(tmp_path / "cache")).with_keys({"GROQ_API_KEY": KEY})
    large, small = context.profiles.of("groq:org/large"), context.profiles.of("groq:small")
    assert (large.prefill, large.structured) == (True, "response_format")
    assert (small.prefill, small.structured, small.length_parameter) == (
        False,
        "response_format",
        "max_tokens",
    )
    costs = [context.prices.cost(name, Usage(10**6, 10**6)) for name in ("groq:org/large", "groq:small")]
    assert costs == pytest.approx([3.0, 0.3])
    limits = {name: context.limits_of(name) for name in ("groq:small", "groq:slow", "openai:x")}
    assert [(each.concurrency, each.requests_per_minute, each.tries) for each in limits.values()] == [
        (9, 30.0, 4),
        (9, 30.0, 2),
        (9, None, 10),
    ]
    model = open_model("groq:org/large", "lightweight", Account("run"), context)
    exact = model.exact(Request((Message("user", "text"),)))
    assert (exact["provider"], exact["base_url"]) == ("groq", "https://api.groq.com/openai/v1")
    assert KEY not in repr(exact) + repr(context)


def test_its_price_and_its_key_are_known_where_models_and_keys_are_listed() -> None:
    profiles = read_profiles(GROQ)
    listed = list_model("groq:small", profiles, Prices(profiles.prices, profiles.endpoints), TODAY)
    assert (listed.input, listed.output, listed.matched) == (0.1, 0.2, "yours")
    assert key_owners(profiles.endpoints)["GROQ_API_KEY"].name == "groq"
    [access] = [each for each in accesses({"GROQ_API_KEY": KEY}, profiles.endpoints) if each.provider.own]
    assert (access.variable, access.present, access.address) == (
        "GROQ_API_KEY",
        True,
        "https://api.groq.com/openai/v1",
    )
    assert KEY not in repr(access)


def test_a_list_of_prices_can_be_named() -> None:
    profiles = read_profiles(entry('price_list = "openai"'))
    assert Prices(profiles.prices, profiles.endpoints).per_million("groq:gpt-6-luna") == pytest.approx(
        (0.1, 0.5)
    )
    assert Prices().per_million("groq:gpt-6-luna") is None


def test_it_is_named_beside_the_built_in_providers() -> None:
    profiles = read_profiles(GROQ)
    with pytest.raises(UsageError, match="offline, groq"):
        connect_model("nobody:x", {}, profiles)
    with pytest.raises(UsageError, match="groq:x needs a key: set GROQ_API_KEY"):
        connect_model("groq:x", {"OPENAI_API_KEY": "sk-other"}, profiles)
    assert read_limits('["groq:x"]\ntries = 3', profiles.endpoints) == {"groq:x": {"tries": 3}}
    with pytest.raises(UsageError, match="'groq:x' is no model"):
        read_limits('["groq:x"]\ntries = 3', ())


# ---- what is refused


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini", "ollama", "openai-compatible", "offline"])
def test_names_of_built_in_providers_are_taken(name: str) -> None:
    assert "built-in provider" in refusal(entry("", name))


@pytest.mark.parametrize("name", ['"a:b"', '"My Server"', '""', '"ä"', f'"{"a" * 60}"'])
def test_a_name_that_cannot_begin_a_models_name_is_refused(name: str) -> None:
    assert "small letters" in refusal(entry("", name))


@pytest.mark.parametrize(
    "line",
    [
        f'key_variable = "{KEY}"',
        'key_variable = "sk-proj-Zx81Qm7TtuwRk02LpVd9"',
        'key_variable = "AIzaSyA1234567890abcdefghij"',
        'key_variable = "0123456789abcdef0123456789abcdef"',
        'key_variable = "a0123456789abcdef0123456789abcdef"',
        'key_variable = "Bearer abc"',
        "key_variable = 3",
        f'api_key = "{KEY}"',
        f'headers = {{x-team = "{KEY}"}}',
        'headers = {Authorization = "Bearer Zx81Qm7T"}',
        'headers = {api-key = "Zx81Qm7T"}',
        'headers = {x-goog-api-key = "Zx81Qm7T"}',
        'query = {key = "Zx81Qm7T"}',
        f'query = {{v = "{KEY}"}}',
        'base_url = "https://me:Zx81Qm7T@x.example/v1"',
        'base_url = "https://x.example/v1?key=Zx81Qm7T"',
    ],
)
def test_a_key_in_the_file_is_refused_without_being_shown(line: str) -> None:
    text = refusal(entry(line))
    assert "variable" in text or "header" in text or "as its key" in text
    assert not any(part in text for part in ("Zx81Qm7T", "abcdef", KEY, "AIzaSy"))


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"])
@pytest.mark.parametrize("line", ['key_variable = "{}"', 'headers = {{x-key = "${}"}}'])
def test_a_providers_key_goes_to_no_other_host(variable: str, line: str) -> None:
    assert f"{variable} is the key of" in refusal(entry(line.format(variable)))


def test_a_providers_key_may_go_to_its_own_host() -> None:
    text = '[endpoints.mine]\nbase_url = "https://api.openai.com/v1"\nkey_variable = "OPENAI_API_KEY"\n'
    assert connect_model("mine:x", {"OPENAI_API_KEY": "sk-1"}, read_profiles(text)).name == "mine:x"


@pytest.mark.parametrize("variable", ["WHETSTONE_API_TOKEN", "WHETSTONE_DATABASE_URL", "OPENAI_ADMIN_KEY"])
def test_other_secrets_of_the_environment_are_no_keys(variable: str) -> None:
    assert "is no key of this server" in refusal(entry(f'key_variable = "{variable}"'))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[endpoints.x]\n", "needs an address"),
        ("[endpoints]\nx = 1\n", "needs a name, such as [endpoints.my-server]"),
        (entry('base_url = "localhost:8000"'), "is none: write it as"),
        (entry('wire = "grpc"'), "wire is one of openai, openai-responses, anthropic"),
        (entry('api = "chat"'), "unknown key 'api'"),
        (entry("speed = 3"), "unknown key 'speed'; there are base_url"),
        (entry('structured = "yes"'), "it can be"),
        (entry('headers = "x: y"'), "names with texts"),
        (entry("query = {v = 3}"), "names with texts"),
        (entry('headers = {host = "other"}'), "cannot be set"),
        (entry('headers = {"x y" = "other"}'), "cannot be set"),
        (entry('headers = {x = "ü"}'), "no header has"),
        (entry("limits = {speed = 1}"), "unknown key 'speed'"),
        (entry("limits = 3"), "as in limits.toml"),
        (entry("prices = {input = 1.0}"), "both input and output"),
        (entry("prices = 3"), "prices"),
        (entry('prices = {"m" = {input = 1.0}}'), 'prices."m"'),
        ('[prices."groq:x"]\ninput = 1\noutput = 1\n', "groq"),
    ],
)
def test_what_is_wrong_is_named(text: str, part: str) -> None:
    assert part in refusal(text)
