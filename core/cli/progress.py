"""What is happening, on stderr: one line that is overwritten on a terminal, a line per stage elsewhere.
Signals become a stop."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core.cli.options import STDERR
from core.metrics.objective_words import measured_in_words, objective_in_words
from core.types import Objective, Progress, Step
from core.types.objectives import ACCURACY


class Ticker:
    def __init__(self) -> None:
        self._last = ("", False)
        self._terminal = sys.stderr.isatty()

    def __call__(self, progress: Progress) -> None:
        line = progress.what + (f" {progress.done:,}/{progress.total:,}" if progress.total else "")
        line += f" ({progress.note})" if progress.note else ""
        stage = (progress.what, bool(progress.note))
        if self._terminal:
            sys.stderr.write("\r\033[K" + line)
            sys.stderr.flush()
        elif stage != self._last:
            print(line if progress.note else progress.what, file=sys.stderr, flush=True)
        self._last = stage

    def say(self, line: str) -> None:
        """A line that stays."""
        if self._terminal:
            sys.stderr.write("\r\033[K")
        print(line, file=sys.stderr, flush=True)


def step_in_words(step: Step, objective: Objective) -> str:
    accuracy = step.validation.metrics.accuracy if step.validation else None
    measured = f"{100 * accuracy:.1f} % on validation, " if accuracy is not None else ""
    if step.validation and measured and objective.kind != ACCURACY:
        figure = measured_in_words(objective, step.validation.metrics)
        measured += f"{objective_in_words(objective)} {figure}, "
    return f"step {step.number}: {measured}{step.verdict.decision}: {step.verdict.reason}"


@contextmanager
def requests_shown(
    target: Path | None, ticker: Ticker
) -> Iterator[Callable[[Mapping[str, object]], None] | None]:
    """What is to be done with a request that is about to be sent: nothing without a target."""
    if target is None:
        yield None
    elif target == STDERR:
        yield lambda exact: ticker.say(json.dumps(exact, ensure_ascii=False, indent=2, default=str))
    else:
        with target.open("w", encoding="utf-8", errors="backslashreplace", buffering=1) as file:
            yield lambda exact: print(json.dumps(exact, ensure_ascii=False, default=str), file=file)


@contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM ask the run to stop; a second SIGINT ends the process as usual."""

    def on_signal(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
