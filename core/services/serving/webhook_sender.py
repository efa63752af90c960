"""The thread that posts to webhooks: it begins with the first feedback that has one, and ends when nothing waits."""

from __future__ import annotations

import logging
import threading
from time import time

from core.errors import WhetstoneError
from core.services.serving.webhooks import ADDRESSES, send_due
from core.types.people import NOBODY
from core.workspace import Workspace

PAUSE = 60.0  # seconds until the next look after an error, or at what another process has claimed
CLOSING = 1.0  # seconds that closing a workspace waits for a post under way
log = logging.getLogger(__name__)


class WebhookSender:
    """Of one workspace. May be used from many threads."""

    def __init__(self, workspace: Workspace):
        self._workspace = workspace
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Something may be due."""
        with self._lock:
            self._news.set()
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """What is not sent yet stays in the workspace, and is sent when it is next in use."""
        with self._lock:
            self._closed, thread = True, self._thread
            self._news.set()
        if thread is not None:
            thread.join(CLOSING)

    def _work(self) -> None:
        while (pause := self._send()) is not None:
            self._news.wait(pause)

    def _send(self) -> float | None:
        """Seconds until something is due again; None where nothing waits, which ends the thread."""
        self._news.clear()
        due: float | None = None
        if not self._closed:
            try:
                send_due(self._workspace, lambda: self._closed)
                due = self._workspace.store.deliveries.next_due()
            except WhetstoneError as problem:
                log.warning("Webhooks wait: %s", problem)
                return PAUSE
            except Exception:
                log.exception("Webhooks wait")
                return PAUSE
        with self._lock:
            if due is None and (self._closed or not self._news.is_set()):
                self._thread = None
                return None
        return 0.0 if due is None else min(PAUSE, max(0.05, due - time()))


def wake_sender(workspace: Workspace) -> None:
    """Where webhooks are on and something may be changed here; else nothing happens."""
    if workspace.environment.get(ADDRESSES, "").strip() and not workspace.read_only:
        everybody = workspace.seen_by(NOBODY)
        everybody.part(WebhookSender, lambda: _sender(everybody), WebhookSender.close).wake()


def _sender(workspace: Workspace) -> WebhookSender:
    _ = workspace.store  # which it uses: closed after it
    return WebhookSender(workspace)
