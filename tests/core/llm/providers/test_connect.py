"""From a name and settings to a model: providers, keys, addresses; nothing is opened before the first
call."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.errors import UsageError
from core.llm.catalogue.profiles import load_profiles
from core.llm.providers.connect_model import connect_model
from core.llm.providers.ollama import ollama_url
from core.llm.providers.registry import provider_names
from core.types import Message, Request
from tests.core.llm.providers.conftest import (
    ANTHROPIC_KEY,
    CHAT,
    FORMS,
    MESSAGES,
    OPENAI_KEY,
    QUESTION,
    ask,
    keys_for,
)
from tests.fakes.server import FakeServer

ONE = Request((Message("user", "text"),))


def refusal(name: str, keys: dict[str, str]) -> str:
    with pytest.raises(UsageError) as caught:
        connect_model(name, keys, load_profiles())
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("openai:gpt-6-luna", "OPENAI_API_KEY"),
        ("anthropic:claude-haiku-5-5", "ANTHROPIC_API_KEY"),
        ("gemini:gemini-3.8-flash", "GEMINI_API_KEY"),
    ],
)
def test_a_missing_key_is_asked_for_by_its_variable(name: str, variable: str) -> None:
    for keys in ({}, {variable: ""}, {variable: "  \n"}):
        assert refusal(name, keys) == f"{name} needs a key: set {variable}."


def test_an_unknown_provider_is_answered_with_those_that_exist() -> None:
    for name in ("nobody:large", "gpt-6-luna", "", "OPENAI:x"):
        assert ", ".join(provider_names(())) in refusal(name, {})


def test_a_provider_without_a_model_is_refused() -> None:
    for name in ("openai", "openai:", "anthropic: "):
        assert "names no model" in refusal(name, {"OPENAI_API_KEY": OPENAI_KEY})


def test_an_unknown_offline_model_is_answered_with_those_that_exist() -> None:
    assert "offline:reader and offline:editor" in refusal("offline:writer", {})


@pytest.mark.parametrize(
    "model",
    ["sim-student@issues", "org/model:free", "a:b:c", "ft:gpt-4o-mini:me::id", "../../x", "{name}", "模型"],
)
def test_the_models_part_may_hold_anything(server: FakeServer, model: str) -> None:
    ask(server, "openai:" + model)
    assert server.bodies[-1]["model"] == model
    assert server.seen[-1].path == "/v1/chat/completions"


@pytest.mark.parametrize("key", ["sk-abc def", "sk-abc\x07", "sk-ключ", "sk-a\nb"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    said = refusal("openai:x", {"OPENAI_API_KEY": key})
    assert said == "The key in OPENAI_API_KEY holds characters that no key has: copy it again."


def test_space_around_a_key_is_no_part_of_it(server: FakeServer) -> None:
    server.key = OPENAI_KEY
    import asyncio

    async def once() -> None:
        model = connect_model(
            "openai:x", keys_for(server) | {"OPENAI_API_KEY": f" {OPENAI_KEY}\n"}, load_profiles()
        )
        await model.reply(QUESTION)
        await model.aclose()  # type: ignore[attr-defined]

    asyncio.run(once())
    assert server.counts["200"] == 1


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://host/v1", "http://", "http://a b/v1", "http://host:99999/v1", "//host"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    said = refusal("openai:x", {"OPENAI_API_KEY": OPENAI_KEY, "OPENAI_BASE_URL": url})
    assert (
        said == "The address in OPENAI_BASE_URL is none: write it as http://host:port/v1 or https://host/v1."
    )


@pytest.mark.parametrize("name", ["openai:x", "anthropic:x", "openai-compatible:x", "ollama:x"])
@pytest.mark.parametrize("user", ["user:passw0rd@", "t0ken@", "@"])
def test_an_address_with_a_name_or_password_is_refused_and_not_shown(name: str, user: str) -> None:
    variables = ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "OPENAI_COMPATIBLE_BASE_URL", "OLLAMA_HOST")
    keys = {"OPENAI_API_KEY": OPENAI_KEY, "ANTHROPIC_API_KEY": ANTHROPIC_KEY}
    said = refusal(name, keys | dict.fromkeys(variables, f"https://{user}proxy.example/v1"))
    assert "holds a name or password" in said and "as its key" in said
    assert "passw0rd" not in said and "t0ken" not in said


def test_any_compatible_server_needs_an_address_but_no_key(server: FakeServer) -> None:
    assert "set OPENAI_COMPATIBLE_BASE_URL" in refusal("openai-compatible:x", {})
    model = connect_model("openai-compatible:x", {"OPENAI_BASE_URL": server.openai_url}, load_profiles())
    assert model.exact(ONE)["base_url"] == server.openai_url


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434/v1"),
        ("localhost", "http://localhost:11434/v1"),
        ("10.0.0.5:9000", "http://10.0.0.5:9000/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("http://box:1234/", "http://box:1234/v1"),
        ("https://box.example", "https://box.example/v1"),
        ("http://box/ollama/v1", "http://box:11434/ollama/v1"),
        ("[::1]:11434", "http://[::1]:11434/v1"),
        ("[::1]", "http://[::1]:11434/v1"),
    ],
)
def test_ollamas_host_is_read_in_every_form(host: str, url: str) -> None:
    if host:
        assert ollama_url(host) == url
    assert (
        connect_model("ollama:llama4:8b", {"OLLAMA_HOST": host}, load_profiles()).exact(ONE)["base_url"]
        == url
    )


def test_the_vendors_own_addresses_are_the_default() -> None:
    keys = {"OPENAI_API_KEY": OPENAI_KEY, "ANTHROPIC_API_KEY": ANTHROPIC_KEY, "GEMINI_API_KEY": OPENAI_KEY}
    urls = {
        name: connect_model(name, keys, load_profiles()).exact(ONE)["base_url"]
        for name in ("openai:x", "anthropic:x", "gemini:x")
    }
    assert urls == {
        "openai:x": "https://api.openai.com/v1",
        "anthropic:x": "https://api.anthropic.com",
        "gemini:x": "https://generativelanguage.googleapis.com/v1beta/openai",
    }


# ---- the exact request


@pytest.mark.parametrize(
    "name",
    [*FORMS, "anthropic:claude-haiku-4-5", "gemini:gemini-3.8-flash", "ollama:x", "openai-compatible:x"],
)
@pytest.mark.parametrize("role", ["lightweight", "heavyweight"])
def test_the_exact_request_is_what_leaves(server: FakeServer, name: str, role: str) -> None:
    request = Request((*QUESTION.messages, Message("assistant", "Reason:")), choices=("bug", "improvement"))
    exact = connect_model(name, keys_for(server), load_profiles(), role).exact(request)
    ask(server, name, request, role=role)
    place = {key: exact.pop(key) for key in ("provider", "base_url", "endpoint")}
    assert exact == server.bodies[-1]
    assert place["provider"] == name.partition(":")[0]
    assert str(place["base_url"]) + str(place["endpoint"]) == server.url + server.seen[-1].path


def test_the_exact_request_holds_no_secret() -> None:
    keys = {
        "OPENAI_API_KEY": OPENAI_KEY,
        "OPENAI_BASE_URL": "https://proxy.example/v1/?token=t0ken",
    }
    exact = str(connect_model("openai:x", keys, load_profiles()).exact(QUESTION))
    assert "https://proxy.example/v1'" in exact
    assert not any(secret in exact for secret in (OPENAI_KEY, "t0ken"))


def test_both_roles_of_one_model_send_different_requests(server: FakeServer) -> None:
    light, heavy = (
        connect_model(CHAT, keys_for(server), load_profiles(), role).exact(QUESTION)
        for role in ("lightweight", "heavyweight")
    )
    assert (light["reasoning_effort"], heavy["reasoning_effort"]) == ("none", "medium")


# ---- what goes along


def test_the_key_goes_out_as_the_sdk_sends_it(server: FakeServer) -> None:
    for name, key in ((CHAT, OPENAI_KEY), (MESSAGES, ANTHROPIC_KEY), ("ollama:x", "no-key-needed")):
        ask(server, name)
        sent = server.seen[-1].headers
        assert key in (sent.get("authorization", "").removeprefix("Bearer "), sent.get("x-api-key"))


def test_account_ids_of_the_environment_go_to_openai_only(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-private")
    for name in ("gemini:gemini-3.8-flash", "ollama:x", "openai-compatible:x"):
        ask(server, name)
        assert not any("private" in value for value in server.seen[-1].headers.values())


def test_keys_of_the_environment_are_not_used_behind_the_users_back(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env-openai-00000")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-env-anthropic-00000")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "env-token-00000")
    assert "needs a key" in refusal("openai:x", {}) and "needs a key" in refusal("anthropic:x", {})
    for name in FORMS:
        ask(server, name)
        assert not any("env" in value for value in server.seen[-1].headers.values())


def test_connecting_imports_no_sdk() -> None:
    code = (
        "import sys; from core.llm.providers.connect_model import connect_model\n"
        "from core.llm.catalogue.profiles import load_profiles; rules = load_profiles()\n"
        "for name in ('openai:x', 'anthropic:x', 'gemini:x', 'ollama:x'):\n"
        "    connect_model(name, dict.fromkeys(('OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY'), 'sk-x'), rules)\n"
        "assert not {'openai', 'anthropic', 'aiohttp', 'httpx2', 'genai_prices'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
