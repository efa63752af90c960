"""A command that is stopped by a signal tells what it has; one that is killed is resumed, pays for nothing
twice and ends where it would have ended. The command runs in a process of its own, the server in this one, so
that its counts and its clock are at hand."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.cli.conftest import Shell, point_at
from tests.core.cli.trade import KEY, LIGHT, PAIR, answer, rows, write_csv, write_prompt
from tests.core.store.scripted import wait_until
from tests.fakes.server import FakeServer

ROOT = Path(__file__).resolve().parents[3]
LATENCY = 0.03


@pytest.fixture
def slow(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    with FakeServer(answer=answer, key=KEY, latency=LATENCY) as server:
        point_at(server, monkeypatch)
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "tickets.csv", rows(60))


def start(*words: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "core", *(str(word) for word in words)]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(server: FakeServer, calls: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 180
    while server.counts["requests"] < calls:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "it made no calls"
        time.sleep(0.005)


def stop(process: subprocess.Popen, how: int = signal.SIGTERM) -> tuple[str, str]:
    """stdout and stderr. A server that thinks for minutes is not waited for."""
    process.send_signal(how)
    return process.communicate(timeout=60)


def bodies(server: FakeServer, since: float = 0.0, until: float = float("inf")) -> Counter[str]:
    return Counter(json.dumps(seen.body, sort_keys=True) for seen in server.seen if since <= seen.at < until)


def test_a_killed_run_is_resumed_repeats_no_finished_call_and_ends_where_it_would_have_ended(
    shell: Shell, slow: FakeServer, data: Path, tmp_path: Path
):
    words = ("tune", data, *PAIR, "--iterations", 4, "--concurrency", 4, "--json")
    process = start(*words)
    wait_for(slow, 70, process)
    wait_until(lambda: shell("runs", "--json").found["runs"][0]["steps"] >= 1, seconds=60)
    slow.latency = 300.0  # the run does not end before it is killed
    out, err = stop(process, signal.SIGKILL)
    killed, slow.latency = time.monotonic(), LATENCY
    assert (process.returncode, out) == (-signal.SIGKILL, "") and "step 0:" in err
    run_id = err.split()[1].rstrip(":")
    [listed] = shell("runs", "--json").found["runs"]
    assert (listed["run_id"], listed["status"]) == (run_id, "interrupted"), (
        "seen at once: its process is gone"
    )
    assert listed["steps"] >= 1

    resumed = shell("tune", "--resume", run_id, "--json")
    assert resumed.code == 0 and resumed.found["run_id"] == run_id
    before, again = bodies(slow, until=killed), bodies(slow, since=killed)
    assert set(before.values()) == {1} and len(before) >= 70
    assert len(before.keys() & again.keys()) <= 4, "at most those under way when it was killed"

    with FakeServer(answer=answer, key=KEY) as other, pytest.MonkeyPatch.context() as patch:
        point_at(other, patch)
        undisturbed = shell(*words, "--workspace", tmp_path / "undisturbed").found
    found = resumed.found
    counted = found["calls"]["lightweight"]
    under_way = counted.pop("may_have_been_paid", 0)
    counted["api"] -= under_way
    assert undisturbed | {"run_id": ""} == found | {"run_id": ""}, "the calls it counts included"
    repeated = sum(bodies(slow).values()) - sum(bodies(other).values())
    assert repeated <= under_way <= 4, "none is hidden"
    assert bodies(other).keys() == bodies(slow).keys()
    assert sum(bodies(slow).values()) - sum(bodies(other).values()) <= 4


def test_a_run_told_to_stop_ends_at_once_with_what_it_has_and_can_go_on(
    shell: Shell, slow: FakeServer, data: Path, tmp_path: Path
):
    words = (
        "tune",
        data,
        *PAIR,
        "--iterations",
        4,
        "--concurrency",
        4,
        "--out",
        tmp_path / "best.json",
        "--json",
    )
    process = start(*words)
    wait_for(slow, 60, process)
    out, _ = stop(process)
    assert process.returncode == 3
    assert out.count("\n") == 1
    found = json.loads(out)
    assert (found["status"], found["stop_reason"]) == ("stopped", "stopped")
    assert (
        found["baseline"]["validation"]["n"] == found["split_sizes"]["validation"]
        and found["baseline"]["test"]["n"] is None
    )
    assert found["verdict"]["p"] is None and len(found["steps"]) >= 1
    assert json.loads((tmp_path / "best.json").read_text(encoding="utf-8"))["labels"] == found["labels"]
    resumed = shell("tune", "--resume", found["run_id"], "--json")
    assert resumed.code == 0 and resumed.found["best"]["test"]["accuracy"] == 1.0
    assert sum(bodies(slow).values()) - len(bodies(slow)) <= 4, (
        "only calls that were under way are made again"
    )


def test_the_word_to_stop_is_heard_while_the_heavyweight_model_thinks(
    slow: FakeServer, data: Path, monkeypatch: pytest.MonkeyPatch
):
    slow.latency = 0.0
    with FakeServer(latency=300) as thinking:
        point_at(thinking, monkeypatch, ("ANTHROPIC",))
        process = start(
            "tune", data, "--lightweight", LIGHT, "--heavyweight", "anthropic:claude-sonnet-5-5", "--json"
        )
        wait_for(thinking, 1, process)
        out, err = stop(process, signal.SIGINT)
    assert process.returncode == 3 and json.loads(out)["status"] == "stopped" and "Traceback" not in err


@pytest.mark.parametrize(("command", "how"), [("evaluate", signal.SIGTERM), ("classify", signal.SIGINT)])
def test_what_was_read_so_far_is_kept_and_told(
    slow: FakeServer, tmp_path: Path, command: str, how: signal.Signals
):
    table = rows(400)
    write_prompt(tmp_path / "p.json")
    target = (tmp_path / "out.csv",) if command == "classify" else ()
    process = start(
        command,
        write_csv(tmp_path / "a.csv", table),
        *target,
        "--prompt",
        tmp_path / "p.json",
        "--concurrency",
        2,
        "--json",
    )
    wait_for(slow, 20, process)
    out, err = stop(process, how)
    assert process.returncode == 3 and "Stopped by a signal." in err
    found = json.loads(out)
    if command == "evaluate":
        assert 10 < found["n"] < 400 and found["failed"] == 0 and found["accuracy"] is not None
        return
    with target[0].open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["text"] for row in written] == [text for text, _ in table]
    labelled = sum(row["outcome"] == "label" for row in written)
    assert 10 < labelled == found["outcomes"]["label"] < 400
    assert all(
        row["reason"] == "Not asked: Stopped by a signal." for row in written if row["outcome"] != "label"
    )
