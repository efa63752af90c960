"""The job of one run. A run is carried out by whoever holds its lease in the store, and everything about it
(progress, steps, the request to stop) goes through the store.

Resuming is the same work again from the beginning: the model cache replays finished calls at no cost, and
steps are saved by number, so that a replayed one takes its own place.

    execute_run(store, run_id, new_owner(), begin) -> RunRecord          in the foreground (command line)
    runner.start(RunJob(store, run_id, begin))                           in the background
    begin = lambda dataset, settings, run_id, on_progress: Work(events=tune(…), spend=meter.spends)
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from core.errors import CallFailed, CapReached, Conflict, FinishedEarly, Stopped, StoreError
from core.jobs.runner import Job
from core.llm.base import AskAll, Model
from core.store.records import Ending, RunRecord, RunStatus
from core.store.runs.owners import new_owner
from core.store.runs.pauses import PAUSED
from core.store.store import Store
from core.tuning.session import OnProgress
from core.types import Dataset, Progress, Reply, Request, Result, Settings, Spend, Step

log = logging.getLogger(__name__)

CLOSED = "Whetstone was closed during this run: resume it to go on from its last step."
INTERRUPTED = Ending(RunStatus.INTERRUPTED, "interrupted", error=CLOSED)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between heartbeats: at least `shortest` while progress is reported, and one every `idle` in any
    case. `step`: from one step to the next at least, for a run that somebody watches to see how it goes. `patience`: how
    long a database that is away is waited for."""

    shortest: float = 0.5
    idle: float = 5.0
    step: float = 0.0
    patience: float = 20.0


@dataclass(frozen=True, slots=True)
class Work:
    """A run that has begun. `events` yields each Step and at last the Result; `spend` is what was spent so
    far, by role, and is called from other threads."""

    events: Iterator[Step | Result]
    spend: Callable[[], Mapping[str, Spend]]


Begin = Callable[[Dataset, Settings, str, OnProgress], Work]  # rows, settings, run id, progress callback


def execute_run(store: Store, run_id: str, owner: str, begin: Begin, pace: Pace = Pace()) -> RunRecord:
    """Carries out a run in this thread, or goes on with one, and returns how it ended. Conflict if the run is
    under way elsewhere or has finished. KeyboardInterrupt and SystemExit leave it interrupted and are raised
    again. Models that fail, caps, even bugs only end the run."""
    job = RunJob(store, run_id, begin, pace, owner)
    if not job.claim():
        raise Conflict("This run is under way already: open it to watch it.")
    job.execute()
    return store.runs.get(run_id)


class RunJob(Job):
    """Every step is saved before the next begins. When the run is to stop, Stopped is raised in the progress
    callback or at the generator's `yield`; it may still yield a Result then. When it is to finish early,
    FinishedEarly is raised there, once, as soon as the steps that were stored before are there again. The lease is kept by a
    heartbeat: from the progress callback, and from a thread of its own while nothing is reported."""

    advice = "resume the run to try again"

    def __init__(self, store: Store, run_id: str, begin: Begin, pace: Pace = Pace(), owner: str = ""):
        super().__init__(run_id)
        self.owner = owner or new_owner()
        self._store, self._begin, self._pace = store, begin, pace
        self._spend: Callable[[], Mapping[str, Spend]] = dict
        self._spent: Mapping[str, Spend] = {}  # before this leg
        self._progress = Progress("Starting")
        self._result: Result | None = None
        self._saved, self._stored = -1, -1  # numbers of the last step saved by now, and before this leg
        self._to_finish = self._finishing = False
        self._waits = False  # for its database, which was said
        self._last_beat = float("-inf")
        self._beat_lock = threading.Lock()

    def claim(self) -> bool:
        """Conflict if the run has finished, NotFound."""
        if self._store.leases.claim(self.id, self.owner):
            self._spent = self._store.runs.get(self.id).spend
            return True
        if self._store.runs.get(self.id).status == RunStatus.FINISHED:
            raise Conflict("This run has finished: start a new one.")
        return False

    def execute(self) -> None:
        try:
            with self._heartbeats():
                ending = self._ending()
        except (KeyboardInterrupt, SystemExit):
            self.abandon()
            raise
        self._patiently(lambda: self._store.leases.finish(self.id, self.owner, ending))

    def abandon(self) -> None:
        """Without its lease the work cannot end the run any more, whatever it still does."""
        self._store.leases.finish(self.id, self.owner, INTERRUPTED)

    def on_progress(self, progress: Progress) -> None:
        """The callback of the work. Raises Stopped."""
        self._progress = progress
        if time.monotonic() - self._last_beat >= self._pace.shortest:
            self._beat_or_log()
        self.check()

    def check(self) -> None:
        """Raises Stopped, from then on every time, and FinishedEarly, once."""
        super().check()
        if self._to_finish and not self._finishing and self._saved >= self._stored:
            self._finishing = True
            raise FinishedEarly("Finished early on request.")

    # ---- the heartbeat

    def _beat(self) -> None:
        with self._beat_lock:
            self._last_beat = time.monotonic()
            if self._store.leases.heartbeat(self.id, self.owner, self._progress, self._spends()):
                self.stop()
            self._to_finish = self._store.leases.is_to_finish(self.id)

    def _spends(self) -> dict[str, Spend]:
        """While finished calls are replayed, the books of this leg still lack what was paid before."""
        now = self._spend()
        return {
            role: now.get(role, Spend()).at_least(self._spent.get(role, Spend()))
            for role in (*self._spent, *(role for role in now if role not in self._spent))
        }

    @contextmanager
    def _heartbeats(self) -> Iterator[None]:
        ended = threading.Event()

        def keep_alive() -> None:
            while not ended.wait(self._pace.idle):
                self._beat_or_log()

        thread = threading.Thread(target=keep_alive, name="whetstone-heartbeat", daemon=True)
        thread.start()
        try:
            yield
            self._beat_or_log()  # what was spent until the very end
        finally:
            ended.set()
            thread.join()

    def _beat_or_log(self) -> None:
        try:
            self._beat()
        except Exception as error:  # the next one may succeed; a lasting fault shows when a step is saved
            log.warning("A heartbeat of run %s failed: %s", self.id, error)

    # ---- the work

    def _ending(self) -> Ending:
        """Follows the work until it ends, in whatever way."""
        try:
            result = self._follow()
        except Stopped:
            return self._stopped(None)
        except CapReached as error:
            return Ending(RunStatus.STOPPED, "cap", error=str(error))
        except Exception as error:
            return Ending(RunStatus.FAILED, "error", self._result, error=self.sentence(error))
        if result.stop_reason == "stopped":  # it may have got to its end before it heard of a stop
            return self._stopped(result)
        return Ending(RunStatus.FINISHED, result.stop_reason, result)

    def _follow(self) -> Result:
        record = self._store.runs.get(self.id)
        self._stored, self._to_finish = record.steps - 1, record.finish_requested
        work = self._begin(self._store.runs.snapshot(self.id), record.settings, self.id, self.on_progress)
        self._spend, stored = work.spend, time.monotonic()
        with _closed(work.events):
            while not isinstance(event := self._next(work.events), Result):
                self._save(event)
                self._beat_or_log()
                self.stopping.wait(self._pace.step - (time.monotonic() - stored))
                stored = time.monotonic()
            self._result = event
            next(work.events, None)  # work that an error ended raises it behind the result of what it had
        if event.stop_reason != "stopped":
            self._store.steps.drop_after(self.id, self._saved, self.owner)
        return event

    def _save(self, step: Step) -> None:
        self._patiently(lambda: self._store.steps.save(self.id, step, self.owner))
        self._saved = step.number

    def _patiently(self, write: Callable[[], object]) -> None:
        """Writes, again and again while the database is away: a server that starts again ends no run. A full disk does,
        at once."""
        deadline = time.monotonic() + self._pace.patience
        while True:
            try:
                write()
                self._waits = False
                return
            except StoreError as error:
                if not error.transient or self.interrupted or time.monotonic() > deadline:
                    raise
                if not self._waits:
                    log.warning("Run %s waits for its database: %s", self.id, error)
                self._waits = True
                time.sleep(self._pace.shortest)

    def _next(self, events: Iterator[Step | Result]) -> Step | Result:
        """The next event. Where the run is to end, a generator hears of it at its `yield`, and may answer with
        a Result."""
        try:
            try:
                self.check()
            except Stopped as ending:
                if not isinstance(events, Generator):
                    raise
                event: Step | Result = events.throw(ending)
                return event
            return next(events)
        except StopIteration:
            raise RuntimeError("the steps of a run ended without a result") from None

    def _stopped(self, result: Result | None) -> Ending:
        if self.interrupted:
            return INTERRUPTED
        if self._store.pauses.proposal(self.id) is not None:
            return Ending(RunStatus.PAUSED, "paused", result, PAUSED)
        return Ending(RunStatus.STOPPED, "stopped", result)


@contextmanager
def _closed(events: Iterator[Step | Result]) -> Iterator[None]:
    """Lets a generator that is left early clean up at once, not when it happens to be collected."""
    try:
        yield
    finally:
        if isinstance(events, Generator):
            events.close()


class Stoppable:
    """`on_progress` and `ask_all` of one run. A single question to the heavyweight model may take minutes, and
    nobody watches it. Where the asker gave no `on_reply`, the last progress is reported again while calls are
    under way, so that whoever listens may raise Stopped. `slowed` says why calls are slow, "" where they are
    not."""

    def __init__(self, ask_all: AskAll, on_progress: OnProgress, slowed: Callable[[], str] = str):
        self._ask_all, self._report, self._slowed = ask_all, on_progress, slowed
        self._last = Progress("Starting")

    def on_progress(self, progress: Progress) -> None:
        self._last = progress
        self._report(replace(progress, note=self._slowed()))

    def ask_all(
        self,
        model: Model,
        requests: Sequence[Request],
        *,
        concurrency: int,
        on_reply: Callable[[int, int], None] | None = None,
    ) -> list[Reply | CallFailed]:
        def report_again(done: int, total: int) -> None:
            self.on_progress(self._last)

        return self._ask_all(model, requests, concurrency=concurrency, on_reply=on_reply or report_again)
