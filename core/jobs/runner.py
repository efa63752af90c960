"""The one runner of all background work: daemon threads of this process, one a job. What is true of a job is in
the store or on the disk, not here, so a reloaded page or another process can watch it, stop it, and go on with
what is left after a kill."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from core.errors import Stopped, WhetstoneError
from core.llm.call_loop import END_SECONDS

log = logging.getLogger(__name__)


class Job:
    """Work under an id. Whoever asks it to stop only sets `stopping`; the work looks there, by `check`."""

    advice = "resume it"  # ends the sentence about a fault

    def __init__(self, job_id: str):
        self.id = job_id
        self.stopping = threading.Event()
        self.interrupted = False  # it stops for the end of the process, not because somebody wants it

    def claim(self) -> bool:
        """Takes the lease, if the work has one: False if it is under way already, in whatever process."""
        return True

    def execute(self) -> None:
        """Does the work and says how it ended. Faults of the work itself only end it."""
        raise NotImplementedError

    def abandon(self) -> None:
        """Frees the lease of work that does not end in time."""

    def stop(self, interrupted: bool = False) -> None:
        """From any thread. What is said first counts."""
        if not self.stopping.is_set():
            self.interrupted = interrupted
            self.stopping.set()

    def check(self) -> None:
        """Raises Stopped, from then on every time, once the work is to end."""
        if self.stopping.is_set():
            raise Stopped("Stopped on request.")

    def sentence(self, error: Exception) -> str:
        """What to show of an error that ended the work. The log has the details of a fault."""
        if isinstance(error, WhetstoneError):
            return str(error)
        log.error("Job %s failed", self.id, exc_info=error)
        fault = type(error).__name__
        return f"Something went wrong inside Whetstone ({fault}): the log has the details; {self.advice}."


class Runner:
    """It knows only which threads are its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: dict[str, tuple[Job, threading.Thread]] = {}
        self._closed = False

    def start(self, job: Job) -> bool:
        """Begins in the background: False if it is under way already, so two presses make one. An earlier job
        of the same id that holds no lease any more is ended first. Raises what its claim does."""
        if not job.claim():
            return False
        with self._lock:
            if not self._closed:
                former = self._threads.get(job.id)
                thread = threading.Thread(
                    target=self._execute, args=(job, former), name="whetstone-job", daemon=True
                )
                self._threads[job.id] = job, thread
                thread.start()
                return True
        job.abandon()
        return False

    def running(self) -> tuple[str, ...]:
        """Ids of the jobs that this process carries out now."""
        with self._lock:
            return tuple(self._threads)

    def stop(self, job_id: str, timeout: float = 10.0) -> None:
        """Ends a job of this process, if it is one."""
        with self._lock:
            entry = self._threads.pop(job_id, None)
        if entry is not None:
            _end(*entry, timeout)

    def close(self, end_calls: Callable[[], object] = lambda: None, timeout: float = END_SECONDS) -> None:
        """Ends the jobs of this process, at most `timeout` seconds from now; they can be resumed. `end_calls` sees to it
        that no new call leaves."""
        with self._lock:
            self._closed = True
            entries = list(self._threads.values())
        for job, _ in entries:
            job.stop(interrupted=True)
        end_calls()
        deadline = time.monotonic() + timeout
        for job, thread in entries:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                job.abandon()

    def _execute(self, job: Job, former: tuple[Job, threading.Thread] | None) -> None:
        try:
            if former is not None:
                _end(*former)
            job.execute()
        except Exception:  # nobody is there to catch it; it will show as interrupted
            log.exception("Job %s could not be ended properly", job.id)
        finally:
            with self._lock:
                if self._threads.get(job.id, (None,))[0] is job:
                    del self._threads[job.id]


def _end(job: Job, thread: threading.Thread, timeout: float = 10.0) -> None:
    job.stop()
    if thread is not threading.current_thread():
        thread.join(timeout)
