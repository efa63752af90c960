"""Background runs. A run is carried out by whoever holds its lease in the store, and everything about it
(progress, steps, the word to stop) goes through the store, so a reloaded page or another process can watch
and stop it just as well.

Resuming is the same work again from the beginning: the model cache replays finished calls at no cost, and
steps are saved by number, so that a replayed one takes its own place.

    carry_out(store, run_id, new_owner(), begin) -> RunRecord                  in the foreground (command line)
    runner = Runner(store, begin); runner.start(run_id); runner.resume(run_id); runner.close()       in the background
    begin = lambda dataset, settings, run_id, on_progress: Work(events=tune(…), spend=meter.spends)
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import CapReached, Conflict, Stopped, StoreError, WhetstoneError
from core.jobs.heartbeat import Heartbeat, Pace
from core.store.records import Ending, RunRecord, RunStatus
from core.store.runs.owners import new_owner
from core.store.runs.supervision import PAUSED
from core.store.store import Store
from core.types import Dataset, Progress, Result, Settings, Spend, Step

log = logging.getLogger(__name__)

CLOSED = "Whetstone was closed during this run: resume it to go on from its last step."
INTERRUPTED = Ending(RunStatus.INTERRUPTED, "interrupted", error=CLOSED)


@dataclass(frozen=True, slots=True)
class Work:
    """A run that has begun. `events` yields each Step and at last the Result; `spend` tells what was spent so
    far, by role, and is called from other threads."""

    events: Iterator[Step | Result]
    spend: Callable[[], Mapping[str, Spend]]


Begin = Callable[
    [Dataset, Settings, str, Callable[[Progress], None]], Work
]  # rows, settings, run id, progress callback


def carry_out(store: Store, run_id: str, owner: str, begin: Begin, pace: Pace = Pace()) -> RunRecord:
    """Carries out a run in this thread, or goes on with one, and returns how it ended. Every step is saved
    before the next begins. When somebody asks for a stop, Stopped is raised in the progress callback or at
    the generator's `yield`; it may still yield a Result then. Conflict if the run is under way elsewhere or
    has finished. KeyboardInterrupt and SystemExit leave it interrupted and are raised again. Models that
    fail, caps, even bugs only end the run."""
    _claim(store, run_id, owner)
    return _carry_out(store, Heartbeat(store, run_id, owner, pace), begin)


class Runner:
    """Runs in daemon threads of this process. It knows only which threads are its own; the truth is in the
    store."""

    def __init__(self, store: Store, begin: Begin, pace: Pace = Pace()):
        self._store, self._begin, self._pace = store, begin, pace
        self._owner = new_owner()
        self._lock = threading.Lock()
        self._under_way: dict[str, tuple[Heartbeat, threading.Thread]] = {}

    def start(self, run_id: str) -> bool:
        """True if the run began now, False if it is under way already (two presses make one run). Conflict if
        it has finished, NotFound."""
        try:
            _claim(self._store, run_id, self._owner)
        except Conflict:
            if self._store.runs.get(run_id).status == RunStatus.RUNNING:
                return False
            raise
        pulse = Heartbeat(self._store, run_id, self._owner, self._pace)
        thread = threading.Thread(target=self._run, args=(pulse,), name="whetstone-run", daemon=True)
        with self._lock:
            self._under_way[run_id] = (pulse, thread)
            thread.start()
        return True

    def resume(self, run_id: str) -> bool:
        """Goes on with a run that was interrupted or stopped, or has failed. As start, otherwise."""
        self._store.runs.mark_interrupted()
        return self.start(run_id)

    def running(self) -> tuple[str, ...]:
        """Ids of the runs that this process carries out now."""
        with self._lock:
            return tuple(self._under_way)

    def close(self, timeout: float = 10.0) -> None:
        """Ends the runs of this process, at most `timeout` seconds from now; they can be resumed."""
        with self._lock:
            under_way = list(self._under_way.values())
        for pulse, _ in under_way:
            pulse.stop(CLOSED, RunStatus.INTERRUPTED)
        deadline = time.monotonic() + timeout
        for pulse, thread in under_way:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():  # it lost its lease: whatever it still does, it cannot end the run
                self._store.runs.finish(pulse.run_id, pulse.owner, INTERRUPTED)

    def _run(self, pulse: Heartbeat) -> None:
        try:
            _carry_out(self._store, pulse, self._begin)
        except Exception:  # nobody is there to catch it; the run will show as interrupted
            log.exception("Run %s could not be ended properly", pulse.run_id)
        finally:
            with self._lock:
                self._under_way.pop(pulse.run_id, None)


def _claim(store: Store, run_id: str, owner: str) -> None:
    if store.runs.claim(run_id, owner):
        return
    finished = store.runs.get(run_id).status == RunStatus.FINISHED
    raise Conflict(
        "This run has finished: start a new one."
        if finished
        else "This run is under way already: open it to watch it."
    )


def _carry_out(store: Store, pulse: Heartbeat, begin: Begin) -> RunRecord:
    try:
        with pulse:
            ending = _follow(store, pulse, begin)
            _last_beat(pulse)
    except (KeyboardInterrupt, SystemExit):
        store.runs.finish(pulse.run_id, pulse.owner, INTERRUPTED)
        raise
    store.runs.finish(pulse.run_id, pulse.owner, ending)
    return store.runs.get(pulse.run_id)


def _follow(store: Store, pulse: Heartbeat, begin: Begin) -> Ending:
    """Feeds on the work until it ends, in whatever way."""
    try:
        work = begin(
            store.runs.snapshot(pulse.run_id),
            store.runs.get(pulse.run_id).settings,
            pulse.run_id,
            pulse.on_progress,
        )
        pulse.spend = work.spend
        with _closed(work.events):
            last = -1
            while not isinstance(event := _next(work.events, pulse), Result):
                store.runs.save_step(pulse.run_id, event)
                last = event.number
                pulse.beat()
        if event.stop_reason != "stopped":  # it may have got to its end before it heard of a stop
            store.runs.drop_steps_after(pulse.run_id, last)
            return Ending(RunStatus.FINISHED, event.stop_reason, event)
        return _stopped(store, pulse, event)
    except Stopped:
        return _stopped(store, pulse)
    except CapReached as reached:
        return Ending(RunStatus.STOPPED, "cap", error=str(reached))
    except WhetstoneError as error:
        return Ending(RunStatus.FAILED, "error", error=str(error))
    except Exception as error:
        log.exception("Run %s failed", pulse.run_id)
        return Ending(
            RunStatus.FAILED,
            "error",
            error="Something went wrong inside Whetstone ("
            + type(error).__name__
            + "): the log has the details; resume the run to try again.",
        )


def _stopped(store: Store, pulse: Heartbeat, result: Result | None = None) -> Ending:
    if pulse.ends_as == RunStatus.INTERRUPTED:
        return INTERRUPTED
    if store.runs.proposal(pulse.run_id) is not None:
        return Ending(RunStatus.PAUSED, "paused", result, PAUSED)
    return Ending(RunStatus.STOPPED, "stopped", result)


def _next(events: Iterator[Step | Result], pulse: Heartbeat) -> Step | Result:
    """The next event. Where the run is to end, a generator hears of it at its `yield`, and may answer with a
    Result."""
    try:
        if not pulse.why_stop:
            return next(events)
        if not hasattr(events, "throw"):
            raise Stopped(pulse.why_stop)
        return events.throw(Stopped(pulse.why_stop))
    except StopIteration:
        raise RuntimeError("the steps of a run ended without a result") from None


@contextmanager
def _closed(events: Iterator[Step | Result]) -> Iterator[None]:
    """Lets a generator that is left early clean up at once, not when it happens to be collected."""
    try:
        yield
    finally:
        if hasattr(events, "close"):
            events.close()


def _last_beat(pulse: Heartbeat) -> None:
    """What was spent until the very end."""
    try:
        pulse.beat()
    except StoreError:
        log.exception("The last heartbeat of run %s failed", pulse.run_id)
