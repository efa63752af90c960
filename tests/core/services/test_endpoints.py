"""Endpoints are written to models.toml by a service that asks first whether anything may be changed or spent."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.services.endpoints import (
    capabilities,
    endpoint_entries,
    remove_endpoint,
    save_endpoint,
    save_rules_of,
)
from core.workspace import Workspace
from tests.fakes.server import FakeServer

ENTRY = {"base_url": "http://127.0.0.1:9/v1"}
FIRST = '# ours\n[endpoints.first]\nbase_url = "http://127.0.0.1:8/v1"\n'


def test_what_is_saved_holds_at_once_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(FIRST)
    workspace = Workspace.open(tmp_path, {})
    try:
        assert workspace.model_context().profiles.provider_of("second:x") is None
        save_endpoint(workspace, "second", ENTRY)
        assert workspace.model_context().profiles.provider_of("second:x") is not None
        save_rules_of(workspace, "second:org/x", {"structured": "response_format"})
        save_rules_of(workspace, "second:org/x", {"prefill": True})
        profile = workspace.model_context().profiles.of("second:org/x")
        assert (profile.structured, profile.prefill) == ("response_format", True)
        assert list(endpoint_entries(tmp_path)) == ["first", "second"]
        with pytest.raises(UsageError, match="still speaks of second:org/x"):
            remove_endpoint(workspace, "second")
        remove_endpoint(workspace, "first")
        assert list(endpoint_entries(tmp_path)) == ["second"]
        assert (tmp_path / "models.toml").read_text().startswith("# ours\n")
    finally:
        workspace.close()


@pytest.mark.parametrize("name", ["openai", "my server", ""])
def test_what_cannot_be_an_endpoint_is_not_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "models.toml").write_text(FIRST)
    with pytest.raises(UsageError):
        save_endpoint(Workspace.open(tmp_path, {}), name, ENTRY)
    assert (tmp_path / "models.toml").read_text() == FIRST


def test_a_wrong_file_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(wrong := FIRST + "speed = 3\n")
    with pytest.raises(UsageError, match="speed"):
        save_endpoint(Workspace.open(tmp_path, {}), "second", ENTRY)
    assert (tmp_path / "models.toml").read_text() == wrong


def test_read_only_nothing_is_written_or_sent(tmp_path: Path) -> None:
    with FakeServer() as server:
        (tmp_path / "models.toml").write_text(text := FIRST.replace("http://127.0.0.1:8", server.url))
        workspace = Workspace.open(tmp_path, {"WHETSTONE_READ_ONLY": "1"})
        for change in (
            lambda: save_endpoint(workspace, "second", ENTRY),
            lambda: remove_endpoint(workspace, "first"),
            lambda: save_rules_of(workspace, "first:x", {"prefill": True}),
            lambda: capabilities(workspace, "first:x"),
        ):
            with pytest.raises(UsageError, match="read-only"):
                change()
        assert server.counts["requests"] == 0 and (tmp_path / "models.toml").read_text() == text
