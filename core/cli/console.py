"""What is said on stderr while a command works: a line that clears itself on a terminal, a sparse plain one
elsewhere, nothing with --quiet. Signals become a stop."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.types import Progress
from core.wording import shortened

if TYPE_CHECKING:
    from tqdm import tqdm

SPARSE_SECONDS = 30.0  # between two plain lines about the same thing
COUNTED = "{desc} {bar:20} {n_fmt}/{total_fmt}, {remaining} left{postfix}"
PLAIN = "{desc}"


class Console:
    def __init__(self, quiet: bool = False):
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._bar: tqdm[None] | None = None
        self._stage, self._note = ("", 0), ""
        self._last = ("", False)
        self._due = 0.0

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *why: object) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __call__(self, progress: Progress) -> None:
        if self._quiet:
            return
        if self._terminal:
            self._draw(progress)
        else:
            self._write(progress)

    def say(self, line: str) -> None:
        """A line that stays, but for --quiet."""
        if not self._quiet:
            self.warn(line)

    def warn(self, line: str) -> None:
        """A line that stays, whatever was typed."""
        if self._bar is not None:
            self._bar.clear()
        print(line, file=sys.stderr, flush=True)

    def _draw(self, progress: Progress) -> None:
        from tqdm import tqdm

        stage = (progress.what, progress.total)
        if self._bar is None or stage != self._stage:
            self.__exit__()
            self._stage, self._note = stage, ""
            self._bar = tqdm(
                desc=_fitting(progress.what),
                total=progress.total or None,
                file=sys.stderr,
                leave=False,
                dynamic_ncols=True,
                miniters=1,
                bar_format=COUNTED if progress.total else PLAIN,
            )
        if progress.note != self._note:
            self._note = progress.note
            if progress.total:
                self._bar.set_postfix_str(progress.note)
            else:  # what has no count is not cut to the terminal by tqdm
                self._bar.set_description_str(_fitting(f"{progress.what}, {progress.note}"))
        self._bar.update(progress.done - self._bar.n)

    def _write(self, progress: Progress) -> None:
        stage, now = (progress.what, bool(progress.note)), time.monotonic()
        again = stage == self._last
        if again and (now < self._due or not progress.total):
            return
        line = progress.what
        line += (
            f" {progress.done:,}/{progress.total:,}" if again or (progress.note and progress.total) else ""
        )
        line += f" ({progress.note})" if progress.note else ""
        print(line, file=sys.stderr, flush=True)
        self._last, self._due = stage, now + SPARSE_SECONDS


def _fitting(line: str) -> str:
    return shortened(line, max(20, shutil.get_terminal_size().columns - 1))


@contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM ask the run to stop; a second one ends the process at once, as usual."""

    def on_signal(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        stop()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
