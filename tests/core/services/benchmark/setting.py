"""A benchmark of two by two: the offline pair, and two models of the fake server that answer as the trade's
do."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from core.data.importing.mapping import import_dataset
from core.services.benchmark import queue
from core.services.benchmark.spec import BenchmarkSpec
from core.services.benchmark.table import BenchmarkTable, table
from core.store.records import RunRecord
from core.types import Dataset, Settings
from core.workspace import Workspace
from tests.core.cli.trade import KEY, rows, write_csv
from tests.fakes.server import FakeServer

LIGHTS = ("offline:reader", "openai:gpt-6-luna")
HEAVIES = ("offline:editor", "openai:gpt-6.1-sol")
SETTINGS = Settings(iterations=3, concurrency=4)


def opened(folder: Path, server: FakeServer, key: str = KEY) -> Workspace:
    return Workspace.open(folder, {"OPENAI_BASE_URL": server.openai_url, "OPENAI_API_KEY": key})


def dataset_of(workspace: Workspace, folder: Path, count: int = 60) -> str:
    folder.mkdir(exist_ok=True)
    dataset: Dataset = import_dataset(
        write_csv(folder / "tickets.csv", rows(count)).read_bytes(), "Tickets"
    ).dataset
    return workspace.store.datasets.add(dataset, "test")


def spec_on(dataset_id: str, **changes: object) -> BenchmarkSpec:
    return replace(BenchmarkSpec(dataset_id, LIGHTS, HEAVIES, (0,), SETTINGS), **changes)


def wait(workspace: Workspace, benchmark_id: str, seconds: float = 300) -> tuple[RunRecord, ...]:
    """Until nobody carries it on; its runs."""
    deadline = time.monotonic() + seconds
    while queue.is_active(workspace, benchmark_id):
        assert time.monotonic() < deadline, [
            run.progress for run in workspace.store.runs.all(benchmark=benchmark_id)
        ]
        time.sleep(0.05)
    return workspace.store.runs.all(benchmark=benchmark_id)


def states(workspace: Workspace, benchmark_id: str) -> list[str]:
    return [cell.state for cell in table(workspace, benchmark_id).cells.values()]


def told(found: BenchmarkTable) -> dict:
    """What two tables of the same benchmark must agree on: everything but ids and the clock."""
    return {
        pair: replace(cell, seconds=0.0, runs=tuple(replace(run, id="") for run in cell.runs))
        for pair, cell in found.cells.items()
    }
