"""The command line in this process: `shell("tune", file, "--json")`, each test with a workspace of its own
and no keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.cli.main import main
from tests.core.cli.trade import KEY, answer
from tests.fakes.server import FakeServer

VARIABLES = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "GEMINI_API_KEY",
    "OLLAMA_HOST",
    "OPENAI_COMPATIBLE_API_KEY",
    "OPENAI_COMPATIBLE_BASE_URL",
    "WHETSTONE_DATABASE_URL",
    "WHETSTONE_READ_ONLY",
)


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def found(self) -> dict:
        """The one JSON object on stdout, and nothing else there."""
        assert self.out.endswith("}\n") and self.out.count("\n") == 1, self.out[:500] + self.err
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The last line on stderr; what came before tells of progress."""
        return self.err.strip().splitlines()[-1] if self.err.strip() else ""


Shell = Callable[..., Done]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WHETSTONE_WORKSPACE", str(tmp_path / "workspace"))
    return tmp_path / "workspace"


@pytest.fixture
def shell(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    def run(*words: object) -> Done:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as ended:  # argparse
            code = ended.code
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        return Done(code, said.out, said.err)

    return run


@pytest.fixture
def server(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """Both providers at one local address, with the trade's answers (trade.py)."""
    with FakeServer(answer=answer, key=KEY) as running:
        point_at(running, monkeypatch)
        yield running


def point_at(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, providers: tuple[str, ...] = ("OPENAI", "ANTHROPIC")
) -> None:
    for provider in providers:
        monkeypatch.setenv(provider + "_API_KEY", KEY)
        monkeypatch.setenv(
            provider + "_BASE_URL", server.openai_url if provider == "OPENAI" else server.anthropic_url
        )
