"""A prompt of an endpoint's model leaves with the endpoint's address and the names of its keys: the exported Python
file asks that server, and no other, as the app does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from core.exports.model_server import server_of
from core.exports.promptfoo import ReplyForm, to_promptfoo
from core.exports.request_template import MARK, RequestTemplate, template_by_text
from core.exports.scripts.answers import ScriptAnswer
from core.exports.scripts.script import to_script
from core.llm.catalogue.profiles import Profiles, read_profiles
from core.llm.providers.connect_model import connect_model
from core.llm.providers.registry import key_owners
from core.prompts.render import render
from core.types import Example, Prompt, Request
from tests.fakes import wire
from tests.fakes.server import FakeServer

PROMPT = Prompt("Answer bug or docs.", "<text>", "</text>\nThen <label>the label</label>")
KEY = "key-of-the-server-0001"
ENDPOINTS = """\
[endpoints.plain]
base_url = "{url}/v1"
key_variable = "PLAIN_KEY"

[endpoints.azure]
base_url = "{url}/v1"
query = {{api-version = "2024-10-21"}}
headers = {{api-key = "$PLAIN_KEY", x-team = "a 'b'"}}

[endpoints.free]
base_url = "{url}/v1"

[endpoints.responses]
base_url = "{url}/v1"
key_variable = "PLAIN_KEY"
wire = "openai-responses"

[endpoints.claude]
base_url = "{url}"
key_variable = "PLAIN_KEY"
wire = "anthropic"
"""
NAMES = ("plain", "azure", "free", "responses", "claude")


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(answer=lambda messages: wire.Said("<label>docs</label>")) as running:
        yield running


def template(model: str, profiles: Profiles) -> RequestTemplate:
    keys = dict.fromkeys(key_owners(profiles.endpoints), "unused")
    keys |= {"OPENAI_COMPATIBLE_BASE_URL": "http://127.0.0.1/v1"}
    exact = connect_model(model, keys, profiles).exact(Request(render(PROMPT, MARK), 500))
    return replace(template_by_text(model, exact, PROMPT), server=server_of(profiles.provider_of(model)))


def script(model: str, profiles: Profiles) -> str:
    own = template(model, profiles)
    other = template("anthropic:x" if own.wire == "openai" else "openai:x", profiles)
    return to_script([], ScriptAnswer(("bug", "docs")), [own, other])


@pytest.mark.parametrize("name", NAMES)
def test_the_python_file_asks_the_endpoint_with_its_key(
    server: FakeServer, tmp_path: Path, name: str
) -> None:
    profiles = read_profiles(ENDPOINTS.format(url=server.url))
    (tmp_path / "classify.py").write_text(written := script(f"{name}:m", profiles))
    assert KEY not in written and (name == "free") != ("PLAIN_KEY" in written)
    environment = {"PLAIN_KEY": KEY, "OPENAI_API_KEY": "sk-other", "ANTHROPIC_API_KEY": "sk-other"}
    done = subprocess.run(
        [sys.executable, "classify.py", name, "some text"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "docs\tsome text\n", done.stderr
    [seen] = server.seen
    assert seen.body["model"] == "m" and "sk-other" not in " ".join(seen.headers.values())
    if name == "azure":
        assert seen.query == {"api-version": "2024-10-21"} and seen.headers["api-key"] == KEY
        assert seen.headers["x-team"] == "a 'b'" and "authorization" not in seen.headers
    else:
        expected = "no-key-needed" if name == "free" else KEY
        assert seen.headers["authorization"] == f"Bearer {expected}"


def test_a_compatible_server_is_asked_by_its_variables() -> None:
    written = script("openai-compatible:m", read_profiles(""))
    assert "OpenAI(base_url=os.environ['OPENAI_COMPATIBLE_BASE_URL']" in written
    assert "api_key=os.environ.get('OPENAI_COMPATIBLE_API_KEY', 'no-key-needed')" in written
    gemini = script("gemini:m", read_profiles(""))
    assert "generativelanguage.googleapis.com" in gemini and "os.environ['GEMINI_API_KEY']" in gemini


def test_the_vendors_own_are_asked_as_before() -> None:
    written = script("openai:m", read_profiles(""))
    assert " OpenAI().chat" in written and " Anthropic().messages" in written and "os.environ" not in written


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("plain", {"apiBaseUrl": "https://x/v1", "apiKey": "{{ env.PLAIN_KEY }}"}),
        (
            "azure",
            {
                "apiBaseUrl": "https://x/v1",
                "apiKey": "no-key-needed",
                "headers": {"api-key": "{{ env.PLAIN_KEY }}", "x-team": "a 'b'"},
            },
        ),
        ("claude", {"apiBaseUrl": "https://x", "apiKey": "{{ env.PLAIN_KEY }}"}),
    ],
)
def test_promptfoo_gets_the_address_and_the_names_of_the_keys(name: str, config: dict) -> None:
    profiles = read_profiles(ENDPOINTS.format(url="https://x"))
    made = to_promptfoo(template(f"{name}:m", profiles), [Example("1", "a", "bug")], "T", ReplyForm(("bug",)))
    [provider] = yaml.safe_load(made)["providers"]
    assert provider["id"] == ("anthropic:messages:m" if name == "claude" else "openai:chat:m")
    assert {key: provider["config"][key] for key in config} == config
