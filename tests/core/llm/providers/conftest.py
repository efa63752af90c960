from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from core.llm.catalogue.profiles import Profiles, load_profiles, read_profiles
from core.llm.providers.connect_model import connect_model
from core.types import Message, Reply, Request
from tests.fakes.rules import complaint
from tests.fakes.server import FakeServer

OPENAI_KEY = "sk-proj-Zx81Qm7TtuwRk02LpVd9"
ANTHROPIC_KEY = "sk-ant-api03-Wq55nB81ssYYk20x"
QUESTION = Request(
    (
        Message("system", "Classify the text into exactly one of these labels: bug, improvement.\n"),
        Message(
            "user",
            "<text>\nThe page is blank\n</text>\nEnd with your answer in this form: <label>the label</label>",
        ),
    )
)

# A model of each wire form.
CHAT, RESPONSES, MESSAGES = "openai:gpt-6-luna", "openai:gpt-5.2-pro", "anthropic:claude-haiku-5-5"
FORMS = (CHAT, RESPONSES, MESSAGES)

Ask = Callable[..., Reply]


@pytest.fixture
def strict() -> Iterator[FakeServer]:
    """A server that refuses what the real providers refuse."""
    with FakeServer(check=complaint) as running:
        yield running


def keys_for(server: FakeServer) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": OPENAI_KEY,
        "OPENAI_BASE_URL": server.openai_url,
        "GEMINI_API_KEY": OPENAI_KEY,
        "GEMINI_BASE_URL": server.openai_url,
        "ANTHROPIC_API_KEY": ANTHROPIC_KEY,
        "ANTHROPIC_BASE_URL": server.anthropic_url,
        "OLLAMA_HOST": server.url,
    }


def ask(
    server: FakeServer,
    name: str,
    *requests: Request,
    role: str = "lightweight",
    profiles: Profiles | None = None,
) -> Reply:
    """One attempt at each call, by default at the question, through the real SDK; the last reply."""

    async def once() -> Reply:
        model = connect_model(name, keys_for(server), profiles or load_profiles(), role)
        try:
            return [await model.reply(request) for request in requests or (QUESTION,)][-1]
        finally:
            await model.aclose()  # type: ignore[attr-defined]

    return asyncio.run(once())


def own_rules(text: str) -> Profiles:
    """The built-in rules with a user's file on top."""
    return read_profiles(text)
