"""A benchmark is carried on to its end, by whoever and however often it is asked for; what fails says why."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from core.services.benchmark import queue
from core.services.benchmark.create import create
from core.services.benchmark.queue import AT_ONCE
from core.services.benchmark.table import table
from core.store.records import RunStatus
from core.types import Settings
from core.workspace import Workspace
from tests.core.cli.trade import KEY, answer
from tests.core.services.benchmark.setting import (
    HEAVIES,
    LIGHTS,
    dataset_of,
    opened,
    spec_on,
    states,
    told,
    wait,
)
from tests.fakes import acts
from tests.fakes.server import FakeServer

ROOT = Path(__file__).resolve().parents[4]


# ---- to the end


def test_every_pair_is_tuned_on_the_same_rows_and_the_table_has_all_figures(
    workspace: Workspace, tmp_path: Path
):
    benchmark = create(workspace, "First", spec_on(dataset_of(workspace, tmp_path)))
    assert states(workspace, benchmark) == ["queued"] * 4 and not queue.is_active(workspace, benchmark)
    queue.resume(workspace, benchmark)
    runs = wait(workspace, benchmark)
    assert [run.status for run in runs] == [RunStatus.FINISHED] * 4
    assert len({run.dataset_version for run in runs}) == 1
    found = table(workspace, benchmark)
    assert list(found.cells) == [(light, heavy) for light in LIGHTS for heavy in HEAVIES]
    for cell in found.cells.values():
        assert (
            cell.state == "finished"
            and cell.test.rows == cell.baseline.rows == found.test_rows
            and cell.why == ()
        )
        assert (
            cell.calls["lightweight"] > 0
            and cell.calls["heavyweight"] > 0
            and cell.usd is not None
            and cell.seconds > 0
        )
    best = found.cells[LIGHTS[1], HEAVIES[1]]
    assert (
        best.test.accuracy == 1.0 and best.gain > 0.4 and best.usd > 0 and "not luck" in best.verdict.reason
    )
    assert found.cells[LIGHTS[0], HEAVIES[0]].usd == 0


def test_no_more_than_a_few_runs_are_under_way_at_a_time(
    workspace: Workspace, server: FakeServer, tmp_path: Path
):
    server.latency = 0.02
    benchmark = create(
        workspace, "Slow", spec_on(dataset_of(workspace, tmp_path), lightweights=LIGHTS[1:], seeds=(0, 1))
    )
    queue.resume(workspace, benchmark)
    most = 0
    while queue.is_active(workspace, benchmark):
        most = max(
            most,
            sum(run.status is RunStatus.RUNNING for run in workspace.store.runs.all(benchmark=benchmark)),
        )
        time.sleep(0.02)
    assert most == AT_ONCE and states(workspace, benchmark) == ["finished"] * 2


def test_further_presses_and_other_processes_start_nothing_twice(
    workspace: Workspace, server: FakeServer, tmp_path: Path
):
    server.latency = 0.01
    benchmark = create(workspace, "Twice", spec_on(dataset_of(workspace, tmp_path)))
    other = opened(workspace.folder, server)
    for _ in range(3):
        queue.resume(workspace, benchmark)
        queue.resume(other, benchmark)
    runs = wait(workspace, benchmark)
    wait(other, benchmark)
    other.close()
    assert len(runs) == 4 and {run.status for run in runs} == {RunStatus.FINISHED}
    sent = Counter(json.dumps(body, sort_keys=True) for body in server.bodies)
    # two processes have no flights in common, so what two pairs share may be under way twice; no run was
    counted = sum(sum(cell.calls.values()) for cell in table(workspace, benchmark).cells.values())
    assert max(sent.values()) <= 2 and sum(sent.values()) <= counted


@pytest.mark.parametrize("caps", [{}, {"max_calls": 150}], ids=["free", "capped"])
def test_killed_in_the_middle_it_goes_on_and_ends_as_if_nothing_had_happened(
    workspace: Workspace, server: FakeServer, tmp_path: Path, caps: dict
):
    server.latency = 0.03
    settings = Settings(iterations=3, concurrency=4, **caps)
    spec = spec_on(dataset_of(workspace, tmp_path), settings=settings)
    benchmark = create(workspace, "Killed", spec)
    environment = os.environ | {"OPENAI_BASE_URL": server.openai_url, "OPENAI_API_KEY": KEY}
    command = [sys.executable, "-m", "tests.core.services.benchmark.child", str(workspace.folder), benchmark]
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 180
    while server.counts["requests"] < 60:
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    server.latency = 300.0  # not all of them end before it is killed
    while "finished" not in states(workspace, benchmark):
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=20)
    server.latency = 0.0
    before = states(workspace, benchmark)
    assert "finished" in before and set(before) & {"running", "interrupted", "queued"}, before

    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    with FakeServer(answer=answer, key=KEY) as calm:
        undisturbed = opened(tmp_path / "undisturbed", calm)
        again = create(undisturbed, "Killed", spec_on(dataset_of(undisturbed, tmp_path), settings=settings))
        queue.resume(undisturbed, again)
        wait(undisturbed, again)
        expected = told(table(undisturbed, again))
        undisturbed.close()
    found = told(table(workspace, benchmark))
    spends = [spend for run in workspace.store.runs.all(benchmark=benchmark) for spend in run.spend.values()]
    lost = sum(
        spend.uncertain for spend in spends
    )  # under way at the kill: they count, against the caps, too
    assert 0 < lost <= 4 * AT_ONCE
    if caps:
        assert max(cell.calls["lightweight"] for cell in found.values()) <= caps["max_calls"]
        return
    assert calls(found) - lost == calls(expected)
    assert without_calls(found) == without_calls(expected), "money included"


def calls(cells: dict) -> int:
    return sum(sum(cell.calls.values()) for cell in cells.values())


def without_calls(cells: dict) -> dict:
    return {pair: replace(cell, calls={}) for pair, cell in cells.items()}


# ---- the same budget for all


def test_a_pair_pays_as_if_it_were_alone_and_the_provider_is_asked_once(
    workspace: Workspace, server: FakeServer, tmp_path: Path
):
    """The starting prompt is read by every pair with the same lightweight model; whoever comes second must
    not get it as a present."""
    dataset = dataset_of(workspace, tmp_path)
    benchmark = create(workspace, "Shared", spec_on(dataset, lightweights=LIGHTS[1:]))
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    together = table(workspace, benchmark)
    for heavy in HEAVIES:
        alone = opened(tmp_path / heavy.replace(":", "-"), server)
        single = create(
            alone,
            "Alone",
            spec_on(dataset_of(alone, tmp_path), lightweights=LIGHTS[1:], heavyweights=(heavy,)),
        )
        queue.resume(alone, single)
        wait(alone, single)
        assert told(table(alone, single))[LIGHTS[1], heavy] == told(together)[LIGHTS[1], heavy]
        alone.close()
    shared = [body for body in server.bodies if body["model"] == "gpt-6-luna"]
    counted = sum(cell.calls["lightweight"] for cell in together.cells.values())
    assert len({str(body) for body in shared}) < counted, "so something was shared"


def test_caps_hold_for_every_pair(workspace: Workspace, server: FakeServer, tmp_path: Path):
    caps = Settings(max_calls=70, max_heavy_calls=1, concurrency=4)
    benchmark = create(
        workspace, "Capped", spec_on(dataset_of(workspace, tmp_path, 120), settings=caps, seeds=(0, 1))
    )
    queue.resume(workspace, benchmark)
    for run in wait(workspace, benchmark):
        spend = run.spend
        assert run.status is RunStatus.FINISHED, run.error
        assert (
            0 < spend["lightweight"].api <= 70 and spend["heavyweight"].api + spend["heavyweight"].cached <= 1
        )
    for cell in table(workspace, benchmark).cells.values():
        assert cell.calls["lightweight"] <= 2 * 70 and cell.seeds_read == 2
    assert server.counts["requests"] <= 4 * 70 + 4


def test_a_cap_in_dollars_holds_for_every_pair(workspace: Workspace, tmp_path: Path):
    settings = Settings(iterations=3, budget_usd=0.01, concurrency=4)
    benchmark = create(workspace, "Cents", spec_on(dataset_of(workspace, tmp_path), settings=settings))
    queue.resume(workspace, benchmark)
    for run in wait(workspace, benchmark):
        assert sum(spend.cost_usd for spend in run.spend.values()) <= 0.01
    assert all(cell.usd <= 0.01 for cell in table(workspace, benchmark).cells.values())


# ---- what fails


def test_a_pair_with_a_wrong_model_says_why_and_the_others_finish(
    workspace: Workspace, server: FakeServer, tmp_path: Path
):
    server.check = lambda path, body: (
        "The model `gpt-7-nope` does not exist." if body["model"] == "gpt-7-nope" else None
    )
    spec = spec_on(
        dataset_of(workspace, tmp_path), heavyweights=("offline:editor", "openai:gpt-7-nope", "mystery:x")
    )
    benchmark = create(workspace, "Wrong", spec)
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    found = table(workspace, benchmark).cells
    for light in LIGHTS:
        assert found[light, "offline:editor"].state == "finished"
        failed, unknown = found[light, "openai:gpt-7-nope"], found[light, "mystery:x"]
        assert failed.state == unknown.state == "failed" and failed.test is None
        assert "does not exist" in failed.why[0] and failed.why[0].endswith(".")
        assert "There is no provider" in unknown.why[0]


def test_failed_ones_are_tried_again_only_if_asked(workspace: Workspace, server: FakeServer, tmp_path: Path):
    server.script.extend([acts.UNKNOWN_MODEL])
    benchmark = create(
        workspace,
        "Again",
        spec_on(dataset_of(workspace, tmp_path), lightweights=LIGHTS[1:], heavyweights=HEAVIES[1:]),
    )
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    assert states(workspace, benchmark) == ["failed"]
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    assert states(workspace, benchmark) == ["failed"]
    queue.resume(workspace, benchmark, failed=True)
    wait(workspace, benchmark)
    assert states(workspace, benchmark) == ["finished"]


def test_typed_keys_go_with_every_run_and_are_written_nowhere(server: FakeServer, tmp_path: Path):
    workspace = Workspace.open(tmp_path / "keyless", {"OPENAI_BASE_URL": server.openai_url})
    benchmark = create(workspace, "Keys", spec_on(dataset_of(workspace, tmp_path)))
    queue.resume(workspace, benchmark)
    wait(workspace, benchmark)
    assert states(workspace, benchmark) == ["finished", "failed", "failed", "failed"]
    assert "OPENAI_API_KEY" in table(workspace, benchmark).cells[LIGHTS[1], HEAVIES[1]].why[0]
    queue.resume(workspace, benchmark, {"OPENAI_API_KEY": KEY}, failed=True)
    wait(workspace, benchmark)
    assert states(workspace, benchmark) == ["finished"] * 4
    assert KEY not in repr(workspace) and KEY not in repr(workspace.runner)
    workspace.close()
    assert all(
        KEY.encode() not in path.read_bytes() for path in workspace.folder.rglob("*") if path.is_file()
    )
