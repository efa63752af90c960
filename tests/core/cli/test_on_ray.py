"""`classify --engine ray` with Ray itself, where it is installed (requirements-ray.txt). In a process of its own: Ray reads its
variables once, and the command sets some."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from tests.core.cli.conftest import Shell
from tests.core.cli.trade import KEY, rows, write_csv, write_prompt
from tests.fakes.server import FakeServer

pytestmark = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is not installed: pip install -r requirements-ray.txt"
)
ROOT = Path(__file__).resolve().parents[3]
ROWS = 1_200
UNDER_WAY = 2 * 8  # workers, and calls of each
LONGEST = 600  # seconds after which something hangs; on a machine that is busy Ray alone takes minutes


@pytest.fixture
def source(tmp_path: Path, server: FakeServer) -> Path:
    server.latency = 0.1
    write_prompt(tmp_path / "prompt.json")
    table = [[text, str(number)] for number, (text, _) in enumerate(rows(ROWS))]
    return write_csv(tmp_path / "in.csv", table, ["text", "id"])


@pytest.fixture
def begun(source: Path, server: FakeServer) -> Iterator[Callable[[], subprocess.Popen]]:
    """Starts the command and waits until it has asked a third of the rows. Whatever is left of it in the end is killed."""
    started: list[subprocess.Popen] = []

    def begin() -> subprocess.Popen:
        started.append(command(source))
        before, until = server.counts["answered"], time.monotonic() + LONGEST
        while server.counts["answered"] < before + ROWS // 3 and started[-1].poll() is None:
            assert time.monotonic() < until, "no answers"
            time.sleep(0.02)
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            family = psutil.Process(process.pid).children(recursive=True)
            for each in (process, *family):
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            process.communicate()


def command(source: Path) -> subprocess.Popen:
    words = ["classify", "in.csv", "out.csv", "--prompt", "prompt.json", "--engine", "ray", "--workers", "2"]
    return subprocess.Popen(
        [sys.executable, "-m", "core", *words, "--concurrency", "8", "--json"],
        cwd=source.parent,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ids(path: Path) -> list[int]:
    with path.open(newline="", encoding="utf-8") as file:
        return [int(row["id"]) for row in csv.DictReader(file)]


def test_a_killed_workers_block_is_done_again_and_no_row_is_there_twice(
    shell: Shell, server: FakeServer, source: Path, begun: Callable[[], subprocess.Popen]
):
    process = begun()
    family = psutil.Process(process.pid).children(recursive=True)
    workers = [each for each in family if "MapWorker" in " ".join(each.cmdline())]
    workers[0].send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, err
    found = json.loads(out)
    assert len(workers) == 2 and found["workers_killed"] == 1 and found["outcomes"]["label"] == ROWS
    folder, calls = source.parent, found["calls"]["lightweight"]
    assert ids(folder / "out.csv") == list(range(ROWS))
    assert server.counts["answered"] - ROWS <= UNDER_WAY // 2, "of the one worker"
    assert calls["api"] == server.counts["answered"]
    assert shell("classify", source, folder / "a.csv", "--prompt", folder / "prompt.json", "--json").code == 0
    assert (folder / "a.csv").read_bytes() == (folder / "out.csv").read_bytes()
    logs = Path(os.path.realpath("/tmp/ray/session_latest"))
    for path in [*logs.rglob("*"), *folder.rglob("*")]:
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_ended_in_order_nothing_is_paid_again(
    server: FakeServer, source: Path, begun: Callable[[], subprocess.Popen]
):
    process = begun()
    process.terminate()
    out, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 3 and "Stopped by a signal." in err and "Traceback" not in err, err
    assert json.loads(out)["rows"] == ROWS and ids(source.parent / "out.csv") == list(range(ROWS))
    again = begun()
    out, err = again.communicate(timeout=LONGEST)
    assert (
        again.returncode == 0 and json.loads(out)["outcomes"]["label"] == ROWS == server.counts["answered"]
    ), err
    assert ids(source.parent / "out.csv") == list(range(ROWS))
