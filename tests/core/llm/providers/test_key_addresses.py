"""Which key goes to which address: by the real SDKs against a server that keeps the headers it gets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import pytest

from core.errors import ModelRefused, UsageError
from core.llm.catalogue.profiles import Profiles, load_profiles, read_profiles
from core.llm.providers.connect_model import connect_model
from core.types import Message, Reply, Request
from tests.core.llm.providers.conftest import QUESTION
from tests.fakes import acts
from tests.fakes.server import FakeServer

OPENAI, ANTHROPIC, GEMINI, COMPATIBLE, GROQ = (
    f"sk-of-{name}-0000000000" for name in ("openai", "anthropic", "gemini", "compatible", "groq")
)
KEYS = {
    "OPENAI_API_KEY": OPENAI,
    "ANTHROPIC_API_KEY": ANTHROPIC,
    "GEMINI_API_KEY": GEMINI,
    "GROQ_API_KEY": GROQ,
}
NONE = "no-key-needed"
# Names of what is set beside KEYS, the model that is asked, and the key that its server must get.
TABLE = [
    ({"OPENAI_BASE_URL"}, "openai:x", OPENAI),
    ({"OPENAI_BASE_URL"}, "openai-compatible:x", OPENAI),
    ({"OPENAI_BASE_URL", "OPENAI_COMPATIBLE_API_KEY"}, "openai:x", OPENAI),
    ({"OPENAI_BASE_URL", "OPENAI_COMPATIBLE_API_KEY"}, "openai-compatible:x", COMPATIBLE),
    ({"OPENAI_COMPATIBLE_BASE_URL"}, "openai-compatible:x", NONE),
    ({"OPENAI_COMPATIBLE_BASE_URL", "OPENAI_COMPATIBLE_API_KEY"}, "openai-compatible:x", COMPATIBLE),
    ({"OPENAI_COMPATIBLE_BASE_URL", "OPENAI_BASE_URL"}, "openai-compatible:x", NONE),
    ({"GEMINI_BASE_URL"}, "gemini:x", GEMINI),
    ({"OLLAMA_HOST"}, "ollama:x", NONE),
    ({"ANTHROPIC_BASE_URL"}, "anthropic:x", ANTHROPIC),
    (set(), "groq:x", GROQ),
    (set(), "local:x", NONE),
    (set(), "claude:x", GROQ),
    ({"OPENAI_BASE_URL", "OPENAI_COMPATIBLE_BASE_URL", "OPENAI_COMPATIBLE_API_KEY"}, "local:x", NONE),
]


@pytest.fixture
def elsewhere() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


def endpoints(server: FakeServer) -> Profiles:
    return read_profiles(
        f'[endpoints.groq]\nbase_url = "{server.openai_url}"\nkey_variable = "GROQ_API_KEY"\n'
        f'[endpoints.local]\nbase_url = "{server.openai_url}"\n'
        f'[endpoints.claude]\nbase_url = "{server.anthropic_url}"\nkey_variable = "GROQ_API_KEY"\nwire = "anthropic"\n'
    )


def ask(name: str, keys: Mapping[str, str], profiles: Profiles, request: Request = QUESTION) -> Reply:
    async def once() -> Reply:
        model = connect_model(name, keys, profiles)
        try:
            await model.reply(request)  # the second call repeats what the SDK built for the first
            return await model.reply(request)
        finally:
            await model.aclose()  # type: ignore[attr-defined]

    return asyncio.run(once())


def keys_in(headers: Mapping[str, str]) -> set[str]:
    every = " ".join(headers.values())
    return {key for key in (OPENAI, ANTHROPIC, GEMINI, COMPATIBLE, GROQ, NONE, "private") if key in every}


@pytest.mark.parametrize(("given", "name", "expected"), TABLE)
def test_each_server_gets_its_own_key_and_no_other(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, given: set[str], name: str, expected: str
) -> None:
    values = {
        "OPENAI_BASE_URL": server.openai_url,
        "OPENAI_COMPATIBLE_BASE_URL": server.openai_url,
        "OPENAI_COMPATIBLE_API_KEY": COMPATIBLE,
        "GEMINI_BASE_URL": server.openai_url,
        "OLLAMA_HOST": server.url,
        "ANTHROPIC_BASE_URL": server.anthropic_url,
    }
    keys = KEYS | {variable: values[variable] for variable in given}
    for variable, value in keys.items():  # where the SDKs look by themselves, too
        monkeypatch.setenv(variable, value)
    for variable in ("OPENAI_ADMIN_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_ORG_ID"):
        monkeypatch.setenv(variable, "private")
    ask(name, keys, endpoints(server))
    assert len(server.seen) == 2
    assert [keys_in(each.headers) for each in server.seen] == [{expected}, {expected}]


@pytest.mark.parametrize("name", ["groq:x", "claude:x", "gemini:x", "openai-compatible:x"])
def test_headers_that_the_environment_gives_an_sdk_go_to_no_other_server(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: private")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Team: private")
    keys = KEYS | {"GEMINI_BASE_URL": server.openai_url, "OPENAI_COMPATIBLE_BASE_URL": server.openai_url}
    ask(name, keys, endpoints(server))
    assert all("private" not in keys_in(each.headers) for each in server.seen)


def test_headers_of_the_environment_go_with_the_address_of_the_environment(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: ours")
    ask("openai:x", KEYS | {"OPENAI_BASE_URL": server.openai_url}, load_profiles())
    assert [each.headers["x-team"] for each in server.seen] == ["ours", "ours"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("name", ["openai:x", "anthropic:x", "groq:x"])
def test_no_call_follows_to_another_address(
    server: FakeServer, elsewhere: FakeServer, name: str, status: int
) -> None:
    target = elsewhere.url.replace("http://", "http://me:hidden@") + "/v1/chat/completions?key=hidden"
    server.always = acts.Act("status", status=status, headers={"location": target})
    keys = KEYS | {"OPENAI_BASE_URL": server.openai_url, "ANTHROPIC_BASE_URL": server.anthropic_url}
    with pytest.raises(ModelRefused) as caught:
        ask(name, keys, endpoints(server))
    assert elsewhere.seen == []
    assert elsewhere.url in str(caught.value) and "do not follow" in str(caught.value)
    assert "hidden" not in str(caught.value)


AZURE = """\
[endpoints.azure]
base_url = "{url}"
query = {{api-version = "2026-10-01"}}
headers = {{api-key = "$AZURE_API_KEY", x-team = "ours"}}
"""


def test_a_key_can_go_in_a_header_of_its_own_with_a_query(server: FakeServer) -> None:
    profiles = read_profiles(AZURE.format(url=server.openai_url))
    model = connect_model("azure:luna", {"AZURE_API_KEY": GROQ}, profiles)
    exact = model.exact(QUESTION)
    assert exact["query"] == {"api-version": "2026-10-01"} and exact["headers"] == {"x-team": "ours"}
    assert GROQ not in repr(exact) + repr(model.__dict__)
    ask("azure:luna", {"AZURE_API_KEY": GROQ}, profiles)
    for each in server.seen:
        assert each.headers["api-key"] == GROQ and each.headers["x-team"] == "ours"
        assert "authorization" not in each.headers
        assert each.query == {"api-version": "2026-10-01"}
    with pytest.raises(UsageError, match="azure:luna needs a key: set AZURE_API_KEY"):
        connect_model("azure:luna", {}, profiles)


def test_a_key_in_a_header_is_in_no_message(server: FakeServer) -> None:
    server.always = acts.status(401, f"Access denied for {GROQ}, that is {GROQ[:8]}...{GROQ[-4:]}")
    with pytest.raises(ModelRefused) as caught:
        ask("azure:x", {"AZURE_API_KEY": GROQ}, read_profiles(AZURE.format(url=server.openai_url)))
    assert "Access denied" in str(caught.value)
    assert GROQ not in str(caught.value) and GROQ[-4:] not in str(caught.value)


def test_two_endpoints_are_asked_in_their_wire_formats(server: FakeServer) -> None:
    text = (
        f'[endpoints.a]\nbase_url = "{server.openai_url}"\nwire = "openai-responses"\n'
        f'[endpoints.b]\nbase_url = "{server.anthropic_url}"\nwire = "anthropic"\n'
    )
    for name in ("a:one", "b:two"):
        ask(name, {}, read_profiles(text), Request((Message("user", "text"),)))
    paths = [(each.path, each.body["model"]) for each in server.seen]
    assert paths == [("/v1/responses", "one")] * 2 + [("/v1/messages", "two")] * 2
