"""The queue of a benchmark: its waiting runs are taken up in the background, a few at a time. All that matters
is in the store: which run waits, and who holds the lease of one under way. So no run is ever carried out
twice at once, by two presses or by two processes, and after a kill whoever asks next goes on with what is
left."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from core.errors import WhetstoneError
from core.jobs.runner import Job
from core.services.benchmark.create import create_missing_runs, remove
from core.services.runs import take_up
from core.store.records import Ending, RunRecord, RunStatus
from core.store.runs.owners import new_owner
from core.store.store import Store
from core.workspace import NO_KEYS, Workspace

log = logging.getLogger(__name__)

AT_ONCE = 2  # runs under way at a time
TURN = 0.5  # seconds between looks at the store
WAITING = (RunStatus.QUEUED, RunStatus.INTERRUPTED)
RESUMED = (RunStatus.INTERRUPTED, RunStatus.STOPPED, RunStatus.PAUSED)
WITHDRAWN = Ending(RunStatus.STOPPED, "stopped", error="Stopped while it waited for its turn.")


def resume(
    workspace: Workspace, benchmark_id: str, keys: Mapping[str, str] = NO_KEYS, failed: bool = False
) -> None:
    """Goes on with all runs that have not finished, those that have `failed` only if asked to, in the
    background. `keys` are those typed by whoever asks: in memory only. Raises NotFound, UsageError where the
    workspace is read-only."""
    workspace.check_spendable()
    store = workspace.store
    create_missing_runs(store, benchmark_id)
    store.leases.mark_interrupted()
    wanted = (*RESUMED, RunStatus.FAILED) if failed else RESUMED
    for run in store.runs.all(benchmark=benchmark_id):
        withdrawn = run.status is RunStatus.QUEUED and run.stop_requested
        if (run.status in wanted or withdrawn) and run.id not in workspace.runner.running():
            store.leases.requeue(run.id)
    workspace.runner.start(BenchmarkJob(workspace, benchmark_id, keys))


def stop(workspace: Workspace, benchmark_id: str) -> None:
    """Asks the runs under way to stop, whoever carries them out, and lets none of the waiting ones begin.
    `resume` goes on later."""
    workspace.check_writable()
    store = workspace.store
    store.benchmarks.get(benchmark_id)
    workspace.runner.stop(benchmark_id)
    for run in store.runs.all(benchmark=benchmark_id):
        if run.status in WAITING and run.id not in workspace.runner.running():
            _withdraw(store, run)
        elif run.status in (*WAITING, RunStatus.RUNNING):
            store.leases.request_stop(run.id)


def delete(workspace: Workspace, benchmark_id: str, runs: bool = True) -> None:
    """Removes the benchmark, with its `runs` or without. Conflict while one is under way."""
    workspace.check_writable()
    workspace.runner.stop(benchmark_id)
    remove(workspace.store, benchmark_id, runs)


def is_active(workspace: Workspace, benchmark_id: str) -> bool:
    """Whether somebody goes on with it: a run is under way, in whatever process, or this process will take
    one up."""
    statuses = {run.status for run in workspace.store.runs.all(benchmark=benchmark_id)}
    return RunStatus.RUNNING in statuses or (
        is_queued_here(workspace, benchmark_id) and not statuses.isdisjoint(WAITING)
    )


def is_queued_here(workspace: Workspace, benchmark_id: str) -> bool:
    return benchmark_id in workspace.runner.running()


class BenchmarkJob(Job):
    """Takes up the waiting runs of one benchmark, until none waits and none is under way. It holds no lease:
    each of its runs has one."""

    def __init__(self, workspace: Workspace, benchmark_id: str, keys: Mapping[str, str]):
        super().__init__(benchmark_id)
        self._workspace, self._keys = workspace, dict(keys)

    def execute(self) -> None:
        while not self.stopping.is_set():
            try:
                self._take_up()
                if not any(run.status in (*WAITING, RunStatus.RUNNING) for run in self._runs()):
                    return
            except WhetstoneError:
                log.exception("Benchmark %s could not go on for a moment", self.id)
            self.stopping.wait(TURN)

    def _take_up(self) -> None:
        store, running = self._workspace.store, self._workspace.runner.running()
        store.leases.mark_interrupted()
        runs = self._runs()
        free = AT_ONCE - sum(run.status is RunStatus.RUNNING for run in runs)
        for run in reversed(runs):  # the oldest first
            if run.status not in WAITING or run.id in running or self.stopping.is_set():
                continue
            if run.stop_requested:  # somebody stopped this one while it waited
                _withdraw(store, run)
            elif free > 0:
                free -= self._begin(run)

    def _begin(self, run: RunRecord) -> bool:
        try:
            return take_up(self._workspace, run.id, self._keys)
        except WhetstoneError:  # deleted, or finished elsewhere since
            return False

    def _runs(self) -> tuple[RunRecord, ...]:
        return self._workspace.store.runs.all(benchmark=self.id)


def _withdraw(store: Store, run: RunRecord) -> None:
    """Ends a run that waits, unless somebody has just taken it up: then that one is asked to stop."""
    owner = new_owner()
    try:
        if store.leases.claim(run.id, owner):
            store.leases.finish(run.id, owner, WITHDRAWN)
        else:
            store.leases.request_stop(run.id)
    except WhetstoneError:
        log.info("Run %s was gone before it could be stopped", run.id)
