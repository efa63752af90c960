"""The heartbeat of one run: tells the store that its owner is alive, and brings back the word to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.errors import Stopped
from core.store.records import RunStatus
from core.store.store import Store
from core.types import Progress, Spend

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between heartbeats: at least `shortest` while progress is reported, and one every `idle` in any
    case."""

    shortest: float = 0.5
    idle: float = 5.0


class Heartbeat:
    """Beats from the progress callback, and from a thread of its own while nothing is reported. As a context
    manager it keeps that thread. `why_stop` is empty until the run is to end, which then ends as
    `ends_as`."""

    def __init__(self, store: Store, run_id: str, owner: str, pace: Pace):
        self.run_id, self.owner = run_id, owner
        self.spend: Callable[[], Mapping[str, Spend]] = dict
        self.why_stop = ""
        self.ends_as = RunStatus.STOPPED
        self._runs, self._pace = store.runs, pace
        self._progress = Progress("Starting")
        self._last = float("-inf")
        self._beating = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, name="whetstone-pulse", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def on_progress(self, progress: Progress) -> None:
        """The callback of the run. Raises Stopped, from then on every time, once the run is to end."""
        self._progress = progress
        if time.monotonic() - self._last >= self._pace.shortest:
            self.beat()
        if self.why_stop:
            raise Stopped(self.why_stop)

    def beat(self) -> None:
        with self._beating:
            self._last = time.monotonic()
            if self._runs.heartbeat(self.run_id, self.owner, self._progress, self.spend()):
                self.stop("Stopped on request.")

    def stop(self, reason: str, ends_as: RunStatus = RunStatus.STOPPED) -> None:
        """From inside this process; other processes ask through the store. The first reason counts."""
        if not self.why_stop:
            self.ends_as = ends_as
            self.why_stop = reason

    def _keep_alive(self) -> None:
        while not self._over.wait(self._pace.idle):
            try:
                self.beat()
            except Exception:  # the next one may succeed; a lasting fault shows when a step is saved
                log.exception("A heartbeat of run %s failed", self.run_id)
