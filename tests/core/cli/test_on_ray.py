"""`classify --engine ray` with Ray itself, where it is installed (requirements-ray.txt)."""

from __future__ import annotations

import csv
import os
import signal
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from core.distributed.inputs import blocks
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import KEY, rows, write_csv, write_prompt
from tests.fakes.server import FakeServer

# not by an import: Ray reads its variables then, and the command sets some
pytestmark = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is not installed: pip install -r requirements-ray.txt"
)


def kill_a_worker(server: FakeServer, after: int) -> None:
    """The first of Ray's workers, when so many calls were answered."""
    while server.counts["answered"] < after:
        time.sleep(0.02)
    workers = psutil.Process().children(recursive=True)
    next(each for each in workers if "MapWorker" in " ".join(each.cmdline())).send_signal(signal.SIGKILL)


def test_a_killed_workers_block_is_done_again_and_no_row_is_there_twice(
    shell: Shell, server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blocks.blocks_of, "__defaults__", (40,))
    table = [[text, str(number)] for number, (text, _) in enumerate(rows(400))]
    source = write_csv(tmp_path / "in.csv", table, ["text", "id"])
    server.latency = 0.1
    threading.Thread(target=kill_a_worker, args=(server, 100), daemon=True).start()
    prompt = write_prompt(tmp_path / "prompt.json")
    words = ("--engine", "ray", "--workers", 2, "--concurrency", 4, "--json")
    done = shell("classify", source, tmp_path / "out.csv", "--prompt", prompt, *words)
    assert done.code == 0 and done.found["workers_killed"] == 1, done.err
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == [str(number) for number in range(400)]
    repeated = server.counts["answered"] - 400
    assert 0 <= repeated <= 4, "no more than were under way"
    assert done.found["calls"]["lightweight"]["api"] == server.counts["answered"]
    logs = Path(os.path.realpath("/tmp/ray/session_latest"))
    for path in [*logs.rglob("*"), *tmp_path.rglob("*")]:
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
    assert shell("classify", source, tmp_path / "a.csv", "--prompt", prompt, "--json").code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
