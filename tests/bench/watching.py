"""What watching a run costs the server: one viewer on the page of a run that another process carries out,
with 20,000 predictions and more in the store.

    PYTHONPATH=. .venv/bin/python tests/bench/watching.py [--rows 12000] [--seconds 20]

Printed as shares of one core; the target of issue 6 is under 20 % for one viewer. The model's replies take
300 ms.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.data.importing.mapping import import_dataset
from core.store.store import Store
from core.types import Settings
from tests.browser.acting import settled
from tests.browser.serving import ROOT, Server
from tests.browser.watching import opened_browser
from tests.core.cli.trade import KEY, answer, rows, write_csv
from tests.fakes.server import FakeServer
from tests.pages.made import run_of

PAIR = ("--lightweight", "openai:gpt-6-luna", "--heavyweight", "openai:gpt-6.1-sol")


def busy(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def share(pid: int, seconds: float) -> float:
    before, began = busy(pid), time.monotonic()
    time.sleep(seconds)
    return (busy(pid) - before) / (time.monotonic() - began)


def stored(workspace: Path, data: Path) -> int:
    """Predictions in the store, once a finished run is in it."""
    with Store.open(workspace / "whetstone.db") as store:
        dataset = import_dataset(data.read_bytes(), "tickets").dataset
        dataset_id = store.datasets.add(dataset, "bench")
        steps = store.steps.all(run_of(store, dataset_id, "Finished", Settings()))
    return sum(len(read.predictions) for step in steps for read in (step.batch, step.validation) if read)


def address(workspace: Path) -> str:
    """Of the run that is under way, below the server's own."""
    deadline = time.monotonic() + 60
    with Store.open(workspace / "whetstone.db") as store:
        while not (found := [run for run in store.runs.all() if run.active]):
            assert time.monotonic() < deadline, [(run.status, run.error) for run in store.runs.all()]
            time.sleep(0.2)
    return f"/runs?dataset={found[0].dataset_id}&run={found[0].id}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=12_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, FakeServer(answer=answer, key=KEY, latency=0.3) as provider:
        workspace, data = (
            Path(folder) / "workspace",
            write_csv(Path(folder) / "tickets.csv", rows(options.rows)),
        )
        print(f"{stored(workspace, data):,} predictions in the store")
        command = [
            sys.executable,
            "-m",
            "core",
            "tune",
            str(data),
            *PAIR,
            "--workspace",
            str(workspace),
            "--json",
            "--concurrency",
            "8",
        ]
        keys = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": provider.openai_url}
        run = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **keys},
        )
        server = Server(workspace).start()
        try:
            print(f"nobody looks:      {100 * share(server.pid, options.seconds / 2):5.1f} % of a core")
            with opened_browser() as browser:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.goto(server.origin + address(workspace))
                page.get_by_test_id("stProgress").first.wait_for(timeout=60_000)
                settled(page)
                time.sleep(3)
                print(f"one viewer:        {100 * share(server.pid, options.seconds):5.1f} % of a core")
                page.goto(f"{server.origin}/home")
                settled(page)
                time.sleep(3)
                print(f"on the overview:   {100 * share(server.pid, options.seconds / 2):5.1f} % of a core")
            assert run.poll() is None, "the run ended before it had been watched"
        finally:
            run.terminate()
            run.wait()
            server.stop()


if __name__ == "__main__":
    main()
