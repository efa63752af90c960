"""What a run says of itself from its start to its first step, and for how long, as a page reads it in the store: offline
models, plain and with a shortlist of labels. Seconds of this machine, of which other work takes its share:

    PYTHONPATH=. .venv/bin/python tests/bench/run_start.py [--rows 20000]
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from pathlib import Path

from core.services.runs import start_run
from core.types import Settings
from core.workspace import Workspace
from tests.bench.page_times import many

PATIENCE = 300.0  # seconds
KINDS = {
    "plain": Settings(iterations=1),
    "with a shortlist": Settings(iterations=1, shortlist=3),
}


def watch(workspace: Workspace, run_id: str, begun: float) -> None:
    """Prints each sentence when it is first there, and how many seconds it stood at one figure at the longest."""
    said, figure, since, longest = "", (0, 0), begun, 0.0
    while time.monotonic() - begun < PATIENCE:
        run = workspace.store.runs.get(run_id)
        what, now = re.sub(r"\d[\d,]*", "N", run.progress.what), time.monotonic()
        over = run.steps > 1 or not run.active
        if what != said or (run.progress.done, run.progress.total) != figure:
            longest, since = max(longest, now - since), now
            figure = run.progress.done, run.progress.total
        if what != said or over:
            if said:
                print(f"{now - begun:7.1f} s, at most {longest:4.1f} s without a sign   {said}", flush=True)
            said, longest = what, 0.0
        if over:
            return
        time.sleep(0.05)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=20_000)
    rows = asked.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace", {})
        dataset_id = workspace.store.datasets.add(many(rows), "bench")
        for name, settings in KINDS.items():
            begun, used = time.monotonic(), time.process_time()
            run_id = start_run(workspace, dataset_id, settings)
            print(f"{rows:,} rows, {name}: {time.monotonic() - begun:.1f} s to start, then until")
            watch(workspace, run_id, time.monotonic())
            print(f"    {time.process_time() - used:.1f} s of one core in all")
            workspace.runner.stop(run_id)
        workspace.close()


if __name__ == "__main__":
    main()
