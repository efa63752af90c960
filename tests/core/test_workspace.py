"""Keys that were typed for a run go with it, and stay nowhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import UsageError
from core.samples import sample
from core.services.datasets import import_sample
from core.services.runs import resume_run, start_run
from core.store.records import RunStatus
from core.types import Settings
from core.workspace import Workspace
from tests.fakes.server import FakeServer

KEY = "sk-proj-TypedForThisSession42"
SETTINGS = Settings("openai:gpt-6-luna", "openai:gpt-6.1-sol", iterations=1, max_calls=60)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(key=KEY) as running:
        yield running


@pytest.fixture
def workspace(server: FakeServer, tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.open(tmp_path / "workspace", {"OPENAI_BASE_URL": server.openai_url})
    yield opened
    opened.close()


def ended(workspace: Workspace, run_id: str):
    deadline = time.monotonic() + 180
    while (run := workspace.store.runs.get(run_id)).active:
        assert time.monotonic() < deadline, "the run did not end"
        time.sleep(0.05)
    return run


def test_a_run_goes_on_with_the_key_that_was_typed_for_it(workspace: Workspace, server: FakeServer):
    dataset = import_sample(workspace, sample("github_issues"))
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        start_run(workspace, dataset, SETTINGS)
    assert workspace.store.runs.all(dataset) == ()
    run_id = start_run(workspace, dataset, SETTINGS, keys={"OPENAI_API_KEY": KEY})
    assert ended(workspace, run_id).status == RunStatus.FINISHED
    assert server.counts["requests"] > 0 and server.counts["401"] == 0


def test_a_run_is_resumed_with_the_keys_of_whoever_resumes_it(workspace: Workspace):
    dataset = import_sample(workspace, sample("github_issues"))
    run_id = start_run(workspace, dataset, SETTINGS, keys={"OPENAI_API_KEY": "sk-proj-AnotherOne0123456"})
    assert ended(workspace, run_id).status == RunStatus.FAILED
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        resume_run(workspace, run_id)
    resume_run(workspace, run_id, {"OPENAI_API_KEY": KEY})
    assert ended(workspace, run_id).status == RunStatus.FINISHED


def test_a_typed_key_is_written_nowhere(workspace: Workspace):
    run_id = start_run(
        workspace, import_sample(workspace, sample("github_issues")), SETTINGS, keys={"OPENAI_API_KEY": KEY}
    )
    ended(workspace, run_id)
    assert KEY not in repr(workspace)
    workspace.close()
    files = [path for path in workspace.folder.rglob("*") if path.is_file()]
    assert len(files) > 1 and all(KEY.encode() not in path.read_bytes() for path in files)
