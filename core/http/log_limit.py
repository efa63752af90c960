"""How much strangers may have written into the log: whoever reaches the port can make a server complain, some thousand
times a second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

# Of those that speak of what comes over the wire.
LOGGERS = (
    "asyncio",
    "uvicorn.error",
    "streamlit.web.server.starlette.starlette_websocket",
    "streamlit.web.server.starlette.starlette_routes",
    "streamlit.web.server.starlette.starlette_auth_routes",
)


class LogLimit(logging.Filter):
    """Lets `most` records of a logger through in `seconds`; the next one says how many were left out."""

    def __init__(self, most: int = 30, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic):
        super().__init__()
        self._most, self._seconds, self._clock = most, seconds, clock
        self._since, self._count = clock(), 0
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        with self._lock:
            if self._clock() - self._since >= self._seconds:
                left_out = max(0, self._count - self._most)
                self._since, self._count = self._clock(), 0
                if left_out:
                    record.msg = f"(after {left_out:,} more that were left out) {record.msg}"
            self._count += 1
            return self._count <= self._most


def limit_logs() -> None:
    for name in LOGGERS:
        logging.getLogger(name).addFilter(LogLimit())
