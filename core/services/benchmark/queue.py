"""Carrying a benchmark on: its waiting runs are taken up in the background, a few at a time. All that matters
is in the store: which run waits, and who holds the lease of one under way. So no run is ever carried out
twice at once, by two presses or by two processes, and after a kill whoever asks next goes on with what is
left."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from core.errors import WhetstoneError
from core.services.benchmark.create import complete, remove
from core.store.records import Ending, RunRecord, RunStatus
from core.store.runs.owners import new_owner
from core.store.store import Store
from core.workspace import NO_KEYS, Workspace

log = logging.getLogger(__name__)

AT_ONCE = 2  # runs under way at a time
TURN = 0.5  # seconds between looks at the store
WAITING = (RunStatus.QUEUED, RunStatus.INTERRUPTED)
TAKEN_UP_AGAIN = (RunStatus.INTERRUPTED, RunStatus.STOPPED, RunStatus.PAUSED)
UNBEGUN = Ending(RunStatus.STOPPED, "stopped", error="Stopped while it waited for its turn.")


def carry_on(
    workspace: Workspace, benchmark_id: str, keys: Mapping[str, str] = NO_KEYS, failed: bool = False
) -> None:
    """Goes on with all runs that have not finished, those that have `failed` only if told to, in the
    background. `keys` are those typed by whoever asks: in memory only. Raises NotFound, UsageError where the
    workspace is read-only."""
    workspace.check_writable()
    store = workspace.store
    complete(store, benchmark_id)
    store.runs.mark_interrupted()
    wanted = (*TAKEN_UP_AGAIN, RunStatus.FAILED) if failed else TAKEN_UP_AGAIN
    for run in store.runs.all(benchmark=benchmark_id):
        unasked = run.status is RunStatus.QUEUED and run.stop_requested
        if (run.status in wanted or unasked) and run.id not in workspace.runner.running():
            store.runs.requeue(run.id)
    Carriers.of(workspace).start(benchmark_id, keys)


def stop(workspace: Workspace, benchmark_id: str) -> None:
    """Asks the runs under way to stop, whoever carries them out, and lets none of the waiting ones begin.
    `carry_on` goes on later."""
    workspace.check_writable()
    store = workspace.store
    store.benchmarks.get(benchmark_id)
    Carriers.of(workspace).end(benchmark_id)
    for run in store.runs.all(benchmark=benchmark_id):
        if run.status in WAITING and run.id not in workspace.runner.running():
            _withdraw(store, run)
        elif run.status in (*WAITING, RunStatus.RUNNING):
            store.runs.request_stop(run.id)


def is_carried(workspace: Workspace, benchmark_id: str) -> bool:
    """Whether somebody goes on with it: a run is under way, in whatever process, or this process will take
    one up."""
    found = {run.status for run in workspace.store.runs.all(benchmark=benchmark_id)}
    return RunStatus.RUNNING in found or (
        Carriers.of(workspace).has(benchmark_id) and not found.isdisjoint(WAITING)
    )


def delete(workspace: Workspace, benchmark_id: str, runs: bool = True) -> None:
    """Removes the benchmark, with its `runs` or without. Conflict while one is under way."""
    workspace.check_writable()
    Carriers.of(workspace).end(benchmark_id)
    remove(workspace.store, benchmark_id, runs)


class Carriers:
    """The carriers of this process, one a benchmark at most."""

    def __init__(self, workspace: Workspace):
        self._workspace, self._runner = workspace, workspace.runner  # which is closed after this
        self._lock = threading.Lock()
        self._under_way: dict[str, Carrier] = {}

    @classmethod
    def of(cls, workspace: Workspace) -> Carriers:
        return workspace.part(cls, lambda: cls(workspace))

    def start(self, benchmark_id: str, keys: Mapping[str, str]) -> None:
        """One that is there already goes on, with the new keys for what it has not begun."""
        with self._lock:
            there = self._under_way.get(benchmark_id)
            if there is not None:
                there.keys = dict(keys)
                return
            self._under_way[benchmark_id] = carrier = Carrier(
                self._workspace, benchmark_id, keys, self._leave
            )
            carrier.thread.start()

    def has(self, benchmark_id: str) -> bool:
        with self._lock:
            return benchmark_id in self._under_way

    def end(self, benchmark_id: str) -> None:
        """No more runs are begun; those under way go on."""
        with self._lock:
            carrier = self._under_way.pop(benchmark_id, None)
        if carrier is not None:
            carrier.end()

    def close(self) -> None:
        with self._lock:
            all_of_them = list(self._under_way)
        for benchmark_id in all_of_them:
            self.end(benchmark_id)

    def _leave(self, carrier: Carrier) -> bool:
        """Whether there is nothing left to wait for. Asked and answered under the lock, so that no press
        comes in between."""
        with self._lock:
            done = carrier.over.is_set() or not carrier.open()
            if done and self._under_way.get(carrier.benchmark_id) is carrier:
                del self._under_way[carrier.benchmark_id]
            return done


Leave = Callable[["Carrier"], bool]  # whether it may: nothing is left to wait for


class Carrier:
    """Takes up the waiting runs of one benchmark, until none waits and none is under way."""

    def __init__(self, workspace: Workspace, benchmark_id: str, keys: Mapping[str, str], leave: Leave):
        self.benchmark_id, self.keys = benchmark_id, dict(keys)
        self.over = threading.Event()
        self.thread = threading.Thread(
            target=self._carry, args=(leave,), name="whetstone-benchmark", daemon=True
        )
        self._workspace, self._store, self._runner = workspace, workspace.store, workspace.runner

    def end(self) -> None:
        self.over.set()
        if self.thread is not threading.current_thread():
            self.thread.join(10)

    def open(self) -> bool:
        """Whether a run waits or is under way."""
        return any(run.status in (*WAITING, RunStatus.RUNNING) for run in self._all())

    def _carry(self, leave: Leave) -> None:
        while not self.over.is_set():
            try:
                self._turn()
                if leave(self):
                    return
            except WhetstoneError:
                log.exception("Benchmark %s could not go on for a moment", self.benchmark_id)
            self.over.wait(TURN)

    def _turn(self) -> None:
        self._store.runs.mark_interrupted()
        found = self._all()
        free = AT_ONCE - sum(run.status is RunStatus.RUNNING for run in found)
        ours = self._runner.running()
        for run in reversed(found):  # the oldest first
            if run.status not in WAITING or run.id in ours or self.over.is_set():
                continue
            if run.stop_requested:  # somebody stopped this one while it waited
                _withdraw(self._store, run)
            elif free > 0:
                free -= self._begin(run)

    def _begin(self, run: RunRecord) -> bool:
        try:
            return self._workspace.take_up(run.id, self.keys)
        except WhetstoneError:  # deleted, or finished elsewhere since
            return False

    def _all(self) -> tuple[RunRecord, ...]:
        return self._store.runs.all(benchmark=self.benchmark_id)


def _withdraw(store: Store, run: RunRecord) -> None:
    """Ends a run that waits, unless somebody has just taken it up: then that one is told."""
    owner = new_owner()
    try:
        if store.runs.claim(run.id, owner):
            store.runs.finish(run.id, owner, UNBEGUN)
        else:
            store.runs.request_stop(run.id)
    except WhetstoneError:
        log.info("Run %s was gone before it could be stopped", run.id)
