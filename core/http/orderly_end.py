"""The end of a server: what works in it is ended in order, from the first signal on."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType


class OrderlyEnd:
    """A lifespan for an ASGI application. `close` runs once, in a thread of its own: at SIGTERM or SIGINT, while the server
    still waits for its connections, else when it ends for another reason. A second signal ends the process at once.
    Either way its exit code is that of the signal: Streamlit would make a 1 of Ctrl+C."""

    def __init__(self, close: Callable[[], object]):
        self._close = close
        self._thread: threading.Thread | None = None
        self._received = 0

    @asynccontextmanager
    async def __call__(self, app: object) -> AsyncIterator[None]:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._listen(number)
        try:
            yield
        finally:
            await asyncio.to_thread(self._begin().join)
            if self._received:
                die_of(self._received)

    def _listen(self, number: signal.Signals) -> None:
        """The server's own handler is asked as well, and puts back what was there before it."""
        server = signal.getsignal(number)

        def on_signal(received: int, frame: FrameType | None) -> None:
            if self._received:
                die_of(received)
            self._received = received
            self._begin()
            if callable(server):
                server(received, frame)

        signal.signal(number, on_signal)

    def _begin(self) -> threading.Thread:
        if self._thread is None:
            self._thread = threading.Thread(target=self._close, name="orderly end", daemon=True)
            self._thread.start()
        return self._thread


def die_of(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
