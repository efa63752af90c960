from __future__ import annotations

import os

import pytest


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own keys and settings are out of the way."""
    providers = ("OPENAI", "ANTHROPIC", "GEMINI", "OLLAMA")
    for name in [name for name in os.environ if name.startswith(("WHETSTONE_", *providers))]:
        monkeypatch.delenv(name)
