"""A cluster without Ray: workers in threads of this process, with the permits of one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from core.distributed import cluster_run
from core.distributed.inputs.blocks import RowBlock
from core.distributed.permits import ClusterState, Demand, Permission, Permits
from core.distributed.worker import BlockWorker, ClusterJob, workspace_on
from core.llm.catalogue.limits import CallLimits
from core.types import Spend
from core.workspace import Workspace


class LocalOffice:
    """Permits over no wire."""

    def __init__(self, permits: Permits, demands: list[Demand]):
        self._permits, self._demands, self._lock = permits, demands, threading.Lock()

    async def exchange(self, demand: Demand) -> Permission:
        with self._lock:
            self._demands.append(demand)
            return self._permits.exchange(demand)

    def begin(self, block: int, attempt: str) -> str:
        with self._lock:
            return self._permits.begin(block, attempt)

    def end(self, attempt: str, spend: Spend) -> None:
        with self._lock:
            self._permits.end(attempt, spend)

    def stop(self, why: str, refused: bool = False) -> None:
        with self._lock:
            self._permits.stop(why, refused)


@dataclass
class LocalCluster:
    """Stands for `classify_blocks`. `folders`: of the workspaces that workers used; `node`: of the machine they are on."""

    node: str = "here"
    blocks: list[int] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)

    def classify_blocks(
        self,
        ray: object,
        job: ClusterJob,
        limits: CallLimits,
        blocks: Sequence[RowBlock],
        watch: cluster_run.OnRows,
    ) -> ClusterState:
        permits, due = Permits(job.caps, limits), SimpleQueue()
        office = LocalOffice(permits, self.demands)
        for block in blocks:
            due.put(block)
        failures: list[Exception] = []

        def work() -> None:
            folder = workspace_on(job, self.node)
            self.folders.append(folder)
            workspace = Workspace.open(folder)
            worker = BlockWorker(job, workspace, office)
            try:
                while True:
                    block = due.get_nowait()
                    if not worker.classify(block).ended:
                        self.blocks.append(block.number)
                    if stop := watch(len(self.blocks), permits.state()):
                        permits.stop(stop)
            except Empty:
                pass
            except Exception as error:
                failures.append(error)
            finally:
                worker.close()
                workspace.close()

        threads = [threading.Thread(target=work) for _ in range(job.workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        permits.close()
        return permits.state()


@contextmanager
def no_ray(workers: int) -> Iterator[None]:
    yield None


def without_ray(monkeypatch: pytest.MonkeyPatch) -> LocalCluster:
    """`classify --engine ray` in this process, from here on."""
    cluster = LocalCluster()
    monkeypatch.setattr("core.cli.actions.classify_ray.check_installed", lambda: None)
    monkeypatch.setattr(cluster_run, "check_installed", lambda: None)
    monkeypatch.setattr(cluster_run, "ray_started", no_ray)
    monkeypatch.setattr(cluster_run, "node_of", lambda ray: "here")
    monkeypatch.setattr(cluster_run, "classify_blocks", cluster.classify_blocks)
    return cluster
