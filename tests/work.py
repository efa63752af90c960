"""Work that is counted instead of timed: no busy machine changes a count."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


def steps(work: Callable[[], object]) -> int:
    """The instructions of Python's bytecode that `work` runs in this thread. What C code does counts as one."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        nonlocal count
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def assert_linear(work: Callable[[int], Callable[[], object]], size: int) -> None:
    """Twice the size takes at most twice the steps. `work` makes what is counted for a size."""
    work(size)()  # what is made once, such as a compiled pattern, is made here
    once, twice = steps(work(size)), steps(work(2 * size))
    assert twice <= 2.1 * once + 100, f"{once:,} steps for {size:,}, {twice:,} for {2 * size:,}"


class Text(str):
    """A text that counts the characters copied out of it and searched in it by index: C code's share of the
    work that `steps` does not see."""

    def __init__(self, _: str = ""):
        self.characters = 0

    def __getitem__(self, index: Any) -> str:
        part = super().__getitem__(index)
        self.characters += len(part)
        return part

    def rfind(self, wanted: str, start: int = 0, end: int = sys.maxsize) -> int:
        position = super().rfind(wanted, start, end)
        self.characters += min(end, len(self)) - max(start, position)
        return position


@contextmanager
def processor_limit(seconds: int = 20) -> Iterator[None]:
    """A safety net for C code, such as the search of a regular expression, whose steps cannot be counted: ends
    what would go on for many minutes. For sizes at which linear work takes a hundredth of it, or less. Counts
    the processor's time of this process alone."""

    def expired(*_: Any) -> None:
        raise AssertionError(f"{seconds} seconds of the processor's time were not enough")

    before = signal.signal(signal.SIGVTALRM, expired)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
