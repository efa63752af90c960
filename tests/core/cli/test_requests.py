"""What the heavyweight model is sent, on the command line: `tune --show-requests` and `--purpose`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.workspace import Workspace
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import rows, write_csv


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "tickets.csv", rows(60))


def sent(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_request_is_written_to_a_file_exactly_one_a_line(
    shell: Shell, data: Path, tmp_path: Path, workspace: Path
):
    target = tmp_path / "made" / "requests.jsonl"
    done = shell("tune", data, "--iterations", 2, "--json", "--show-requests", target)
    requests = sent(target)
    opened = Workspace.open(workspace)
    steps = opened.store.steps.all(done.found["run_id"])
    opened.close()
    asked = [step.reflection.request for step in steps if step.reflection]
    assert asked and [each["messages"] for each in requests] == [
        [{"role": message.role, "content": message.content} for message in request.messages]
        for request in asked
    ]
    assert {each["model"] for each in requests} == {"editor"}


def test_without_a_file_they_go_to_stderr_before_the_answer_is_measured(shell: Shell, data: Path):
    done = shell("tune", data, "--iterations", 1, "--json", "--show-requests")
    begin = done.err.index('{\n  "provider"')
    request, end = json.JSONDecoder().raw_decode(done.err[begin:])
    assert "<mistake>" in request["messages"][-1]["content"]
    assert "measuring" in done.err[begin + end :] and "measuring" not in done.err[:begin]
    assert done.found["status"] == "finished", "stdout is as ever"


def test_nothing_is_written_unless_asked_for(shell: Shell, data: Path):
    assert "<mistake>" not in shell("tune", data, "--iterations", 1).err


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_stored(
    shell: Shell, data: Path, tmp_path: Path
):
    done = shell("tune", data, "--show-requests", tmp_path)
    assert done.code == 1 and "is a folder" in done.complaint
    assert shell("runs", "--json").found["runs"] == []


def test_the_purpose_reaches_the_heavyweight_model_and_a_resumed_run_keeps_it(
    shell: Shell, data: Path, tmp_path: Path
):
    target = tmp_path / "requests.jsonl"
    purpose = "Tickets of a shop, sorted for three desks."
    words = ("--iterations", 1, "--json", "--purpose", purpose)
    run_id = shell("tune", data, *words, "--show-requests", target).found["run_id"]
    assert f"<purpose>{purpose}</purpose>" in sent(target)[0]["messages"][-1]["content"]
    other = shell("tune", "--resume", run_id, "--purpose", "Letters.")
    assert other.code == 2 and "--purpose" in other.complaint
